#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rechub/bundle/bundle.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/data/extended_history.h"
#include "rechub/data/given_values.h"

namespace rechub {

// Who wants recommendations: a user of the data set by row, or a history from outside it, or both (then the given history wins, and the row brings the user's features). Values
// that are given, features and named sequences, win over those of the row.
struct RetrievalRequest {
  int32_t user = kUnknownIndex;
  std::optional<std::vector<int32_t>> history;  // item rows, oldest first
  GivenValues given = {};
};

// A bundle's model for requests: `rechub recommend` and the service encode users by it. The bundle must outlive it; const calls may run at the same time.
class RequestEncoder {
 public:
  explicit RequestEncoder(const Bundle& bundle) : bundle_(bundle), encoder_(bundle.dataset(), bundle.model(), bundle.parameters()) {}

  at::Tensor user_vectors(std::span<const RetrievalRequest> requests) const;  // float32 [requests, Q, D]: what they are searched by

  // float32 [1, Q, D]: a user of the data set who has done something since, in order of time (data/extended_history.h).
  at::Tensor extended_vectors(int32_t user, std::span<const NewEvent> events, const GivenValues& given) const;

  // float32 [D]: an item that is not in the catalogue, by its features (given_values.h).
  at::Tensor item_vector(const BatchColumns& features) const;

 private:
  const Bundle& bundle_;
  VectorEncoder encoder_;
};

}  // namespace rechub
