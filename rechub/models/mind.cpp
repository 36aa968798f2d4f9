// MIND: multi-interest network with dynamic routing for recommendation at Tmall (Li et al., CIKM 2019).
//
//   e_i = S x_i,  x_i = sqrt(D) E[i]     one S for all interests
//   u_j = routing of e_i                 from fixed random logits b_ij (layers/capsule.h): with one S, equal ones would make all interests alike
//   K'  = max(1, min(K, log2 n))         interests of a history of n events; the others are copies of the first
//   v_j = H [u_j; profile]               two layers, ReLU between them;   score = max_j v_j . E[i]
//
// Training weighs the interests by their attention to the target (losses/interest_reduction.h). The paper draws logits anew for every call; here they are a table by place in the
// history, saved with the model, so that a user's vectors are the same on every call.
#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "rechub/layers/capsule.h"
#include "rechub/layers/slot_embedding.h"
#include "rechub/models/interests.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"

namespace rechub {
namespace {

struct MindOptions : InterestOptions {
  int64_t iterations = 3;
  bool dynamic_interests = true;
  std::vector<int64_t> user_dims = {256};
  std::string activation = "relu";
  std::string output_activation = "identity";
  MindOptions() { temperature = 0.1; }  // capsules are shorter than 1

  void describe(OptionVisitor& visitor) {
    InterestOptions::describe(visitor);
    visitor.field("iterations", iterations, "of dynamic routing");
    visitor.field("dynamic_interests", dynamic_interests, "a history of n events has max(1, min(n_interest, log2 n)) interests; false: always n_interest");
    visitor.field("user_dims", user_dims, "hidden widths of the layers on each interest and the user's profile; a last layer of width dim follows");
    visitor.field("activation", activation, "of the hidden layers: relu, prelu, gelu, tanh, ...");
    visitor.field("output_activation", output_activation, "of the last layer: identity, or relu as in the paper, which keeps every interest in one orthant");
  }

  void validate() const {
    InterestOptions::validate();
    check_widths("user_dims", user_dims);
    check_range("iterations", iterations, 1, kMostIterations);
  }
};

class Mind : public Model {
 public:
  Mind(const MindOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, options.reads_in_one_pass(), options.n_interest),
        iterations_(options.iterations),
        scale_(std::sqrt(static_cast<double>(options.dim))),
        events_(options, schema, statistics, parameters),
        slots_(options.positions, options.max_length, options.dim, "position", parameters),
        shared_(options.dim, options.dim, "votes", parameters, /*bias=*/false),
        logits_(parameters.add_buffer("votes.logits", {options.max_length, options.n_interest}, Init::normal(1))),
        profile_(schema, statistics, options, parameters),
        tower_(profile_.joined_to("interest", options.dim), dims(options), options.activation, options.dropout, "interest_tower", parameters),
        output_activation_(options.output_activation, "interest_tower.output", parameters) {
    if (options.dynamic_interests) {
      std::vector<int64_t> least;
      for (int64_t j = 0; j < options.n_interest; ++j) least.push_back(j == 0 ? 0 : int64_t{1} << std::min<int64_t>(j + 1, 62));
      least_events_ = at::tensor(least, at::kLong);
    }
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const WindowPairs pairs(batch.readouts);
    at::Tensor x = pairs.of_positions(events_.forward(batch, context)) * scale_;  // pairs [.., D]
    if (slots_.is_used()) x = x + slots_.forward(pairs);
    x = shared_.forward(x);
    const at::Tensor active = active_interests(pairs, x);  // [R, K]
    const at::Tensor logits = at::embedding(logits_, pairs.steps_from_end());
    const at::Tensor capsules = route(pairs, shared_votes(pairs, x), logits, active, iterations_, context);  // [R, K, D]
    const at::Tensor joined = profile_.join(capsules, batch, context);                                       // [R, K, D + profile]
    at::Tensor interests = output_activation_.forward(tower_.forward(joined, context));                      // [R, K, D]
    if (active.defined()) interests = at::where(active.unsqueeze(-1), interests, interests.narrow(1, 0, 1));
    return {interests, active};
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return events_.items().forward(batch, context); }

 private:
  static std::vector<int64_t> dims(const MindOptions& options) {
    std::vector<int64_t> dims = options.user_dims;
    dims.push_back(options.dim);
    return dims;
  }

  // Interest j counts from 2^(j + 1) events on, the first always: floor(log2 n) of them, counted exactly.
  at::Tensor active_interests(const WindowPairs& pairs, const at::Tensor& like) const {
    if (!least_events_.defined()) return {};
    return at::ge(pairs.lengths(like), least_events_);
  }

  int64_t iterations_;
  double scale_;
  InterestEvents events_;
  SlotEmbedding slots_;
  Linear shared_;
  at::Tensor logits_;  // [max_length, K]
  UserProfile profile_;
  Mlp tower_;
  Activation output_activation_;
  at::Tensor least_events_;  // int64 [n_interest]; undefined: all are always active
};

}  // namespace

std::unique_ptr<ModelBuilder> make_mind_builder() { return std::make_unique<ModelBuilderOf<MindOptions, Mind>>(); }

}  // namespace rechub
