#pragma once

#include <optional>
#include <string>

#include "rechub/models/model.h"

namespace rechub {

// What a user tower computes in outside training; in training it is the weights' type. kFloat64 is for equations that multiply float32's rounding (a softmax over logits of
// hundreds, a tanh of a sum over the history), so that one set of weights gives the same vectors in any program.
enum class Inference { kAsTrained, kFloat64 };

// The packed history as vectors: each event's item, joined by the features of the event itself (time gap, watch time) where the data has them. Under kFloat64 they come out in that
// type, and the layers behind compute in it.
class HistoryInput {
 public:
  HistoryInput(const Schema& schema, const FeatureStatistics& statistics, int64_t dim, int64_t feature_dim, ParameterSet& parameters, Inference inference = Inference::kAsTrained);
  at::Tensor forward(const at::Tensor& items, const UserBatch& batch, EncodeContext& context) const;  // items [U, dim] -> [P, dim]

 private:
  Inference inference_;
  FeatureEncoder events_;
  std::optional<Linear> projection_;
};

// User and context features, which join a sequence model at the readout.
class UserProfile {
 public:
  UserProfile(const Schema& schema, const FeatureStatistics& statistics, const ModelOptions& options, ParameterSet& parameters);
  int64_t width() const { return users_.width() + context_.width(); }
  // What a layer reads that is given [state; profile], a state of `width` numbers.
  LayerInput joined_to(const std::string& state, int64_t width, std::optional<double> bypass = {}) const;
  at::Tensor forward(const UserBatch& batch, EncodeContext& context) const;  // [R, width]; undefined where width is 0
  // [state; profile], of each of a readout's vectors: [R, dim] -> [R, dim + width], or [R, Q, dim] -> [R, Q, dim + width].
  at::Tensor join(const at::Tensor& state, const UserBatch& batch, EncodeContext& context) const;

 private:
  FeatureEncoder users_, context_;
};

// What a tower over a pooled history reads: [history; profile], [R, dim + profile width]. `pooling`: mean, sum or max of the history's vectors, which dropout falls on; empty:
// users have no history, the profile alone.
at::Tensor pooled_history_with_profile(const ItemEncoder& items, const HistoryInput& history, const UserProfile& profile, const std::string& pooling, double dropout,
                                       const UserBatch& batch, EncodeContext& context);

// state + W [state; profile]: the readout of a sequence model, or each of its interests, with the user's features; the state itself where there are none.
class ReadoutFusion {
 public:
  ReadoutFusion(const Schema& schema, const FeatureStatistics& statistics, int64_t dim, const ModelOptions& options, ParameterSet& parameters);
  at::Tensor forward(const at::Tensor& state, const UserBatch& batch, EncodeContext& context) const;  // [R, dim] or [R, Q, dim], as it came

 private:
  UserProfile profile_;
  std::optional<Linear> projection_;
};

// The states [P, H] at the readouts' last positions; 0 where a readout has no history.
at::Tensor readout_states(const at::Tensor& states, const UserBatch& batch);  // [R, H]

}  // namespace rechub
