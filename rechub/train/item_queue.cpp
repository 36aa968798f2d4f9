#include "rechub/train/item_queue.h"

#include <algorithm>

#include <ATen/ATen.h>

namespace rechub {

ItemQueue::ItemQueue(int64_t size, int64_t dim, std::span<const int64_t> item_counts)
    : share_(at::zeros({static_cast<int64_t>(item_counts.size())}, at::kDouble)),
      items_(at::zeros({size}, at::kLong)),
      vectors_(at::zeros({size, dim})),
      cursor_(at::zeros({2}, at::kLong)) {
  for (size_t item = 0; item < item_counts.size(); ++item) share_[static_cast<int64_t>(item)] = static_cast<double>(item_counts[item]);
  share_ /= share_.sum().clamp_min(1);
}

int64_t ItemQueue::filled() const { return cursor_[1].item<int64_t>(); }

void ItemQueue::extend(LossInput& input, const at::Tensor& items) const {
  const int64_t count = filled(), in_batch = input.items.size(0);
  const at::Tensor queued = items_.narrow(0, 0, count);
  const auto expected = [&](const at::Tensor& rows) { return share_.index_select(0, rows) * static_cast<double>(count); };  // in the queue
  const auto with_queue = [&](const at::Tensor& log_expected, const at::Tensor& rows) {
    return at::log(log_expected.to(at::kDouble).exp() + expected(rows)).to(log_expected.scalar_type());
  };
  const at::Tensor drawn = items.index_select(0, input.negatives);
  // An entry is also expected in the batch; a batch has the distinct ones of R draws.
  const at::Tensor entry_in_batch = -at::expm1(static_cast<double>(input.targets.size(0)) * at::log1p(-share_.index_select(0, queued)));
  const at::Tensor entries = at::log(at::clamp_min(entry_in_batch + expected(queued), 1e-30)).to(input.log_expected.scalar_type());
  input.log_expected = at::cat({with_queue(input.log_expected, drawn), entries});
  input.target_log_expected = with_queue(input.target_log_expected, items.index_select(0, input.targets));
  input.negatives = at::cat({input.negatives, at::arange(in_batch, in_batch + count, at::kLong)});
  input.items = at::cat({input.items, vectors_.narrow(0, 0, count).to(input.items.scalar_type())});
  input.item_ids = at::cat({items, queued});
}

void ItemQueue::push(const at::Tensor& items, const at::Tensor& vectors) {
  const int64_t size = items_.size(0), count = std::min(size, items.size(0)), first = items.size(0) - count;
  const at::Tensor places = (at::arange(count, at::kLong) + cursor_[0]).remainder(size);
  items_.index_copy_(0, places, items.narrow(0, first, count));
  vectors_.index_copy_(0, places, vectors.narrow(0, first, count).to(vectors_.scalar_type()));
  cursor_[0] = (cursor_[0] + count).remainder(size);
  cursor_[1] = at::clamp_max(cursor_[1] + count, size);
}

}  // namespace rechub
