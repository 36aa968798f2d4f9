#include "rechub/train/item_queue.h"

#include <ATen/ATen.h>

namespace rechub {

ItemQueue::ItemQueue(int64_t size, int64_t dim, std::span<const int64_t> item_counts)
    : share_(at::zeros({static_cast<int64_t>(item_counts.size())}, at::kDouble)), entries_(size, dim) {
  for (size_t item = 0; item < item_counts.size(); ++item) share_[static_cast<int64_t>(item)] = static_cast<double>(item_counts[item]);
  share_ /= share_.sum().clamp_min(1);
}

void ItemQueue::extend(LossInput& input, const at::Tensor& items) const {
  const int64_t count = entries_.count(), in_batch = input.items.size(0);
  const at::Tensor queued = entries_.ids();
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
  input.items = at::cat({input.items, entries_.vectors().to(input.items.scalar_type())});
  input.item_ids = at::cat({items, queued});
}

}  // namespace rechub
