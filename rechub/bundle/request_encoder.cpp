#include "rechub/bundle/request_encoder.h"

#include <utility>

#include <ATen/ATen.h>

namespace rechub {

at::Tensor RequestEncoder::user_vectors(std::span<const RetrievalRequest> requests) const {
  if (requests.empty()) return at::zeros({0, bundle_.model().vectors_per_user(), bundle_.model().options().dim});
  const Dataset& dataset = bundle_.dataset();
  const int64_t max_length = bundle_.model().options().max_length;
  // Histories of the data set keep their events' own features; given ones have none.
  std::vector<Window> windows;
  std::vector<int32_t> users;
  std::vector<std::vector<int32_t>> histories;
  std::vector<int64_t> order;  // of request i: its row in the concatenation of both kinds
  for (const RetrievalRequest& request : requests) {
    const int64_t begin = dataset.user_begin()[request.user], end = dataset.user_begin()[request.user + 1];
    if (request.history) {
      order.push_back(static_cast<int64_t>(users.size()));
      users.push_back(request.user);
      histories.push_back(*request.history);
    } else {
      order.push_back(-1 - static_cast<int64_t>(windows.size()));
      windows.push_back(case_window({request.user, begin, end, end, end}, max_length));
    }
  }
  SequenceBatch from_outside, from_data;
  if (!users.empty()) from_outside = make_history_batch(dataset, users, histories, max_length);
  if (!windows.empty()) from_data = make_sequence_batch(dataset, windows, {max_length});
  for (size_t i = 0; i < requests.size(); ++i) {
    const bool is_outside = order[i] >= 0;
    requests[i].given.apply(dataset, max_length, static_cast<size_t>(is_outside ? order[i] : -1 - order[i]), is_outside ? from_outside : from_data);
  }
  std::vector<at::Tensor> parts;
  if (!users.empty()) parts.push_back(encoder_.encode(std::move(from_outside)));
  if (!windows.empty()) parts.push_back(encoder_.encode(std::move(from_data)));
  for (int64_t& row : order) row = row >= 0 ? row : static_cast<int64_t>(users.size()) - 1 - row;
  const at::Tensor rows = at::from_blob(order.data(), {static_cast<int64_t>(order.size())}, at::kLong);
  return at::cat(parts, 0).index_select(0, rows).contiguous();
}

at::Tensor RequestEncoder::extended_vectors(int32_t user, std::span<const NewEvent> events, const GivenValues& given) const {
  const int64_t max_length = bundle_.model().options().max_length;
  SequenceBatch batch = make_extended_batch(bundle_.dataset(), user, events, max_length);
  given.apply(bundle_.dataset(), max_length, 0, batch);
  return encoder_.encode(std::move(batch)).contiguous();
}

at::Tensor RequestEncoder::item_vector(const BatchColumns& features) const {
  ItemBatch batch;
  batch.ids = at::full({1}, int64_t{kUnknownIndex}, at::kLong);
  batch.features = make_feature_tensors(features);
  return encoder_.encode_items(batch)[0];
}

}  // namespace rechub
