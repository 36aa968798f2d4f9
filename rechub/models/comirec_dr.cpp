// ComiRec-DR: controllable multi-interest recommendation by dynamic routing (Cen et al., KDD 2020, section 3.2).
//
//   e_ij = W_j x_i,  x_i = sqrt(D) E[i];   u_j = what the votes e_ij agree on after `iterations` of routing from logits 0 (layers/capsule.h);   score = max_j u_j . E[i]
//
// The paper's W_j is one matrix an interest; `position_weights` has one for each place in the history as well, as the authors' code has. Training takes the interest that scores
// the target highest.
#include <cmath>

#include <ATen/ATen.h>

#include "rechub/layers/capsule.h"
#include "rechub/layers/slot_embedding.h"
#include "rechub/models/interests.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"

namespace rechub {
namespace {

struct ComirecDrOptions : InterestOptions {
  int64_t iterations = 3;
  bool position_weights = false;
  ComirecDrOptions() { temperature = 0.1; }  // interests are shorter than 1

  void describe(OptionVisitor& visitor) {
    InterestOptions::describe(visitor);
    visitor.field("iterations", iterations, "of dynamic routing");
    visitor.field("position_weights", position_weights, "a matrix for every place in the history and interest (the authors' code), not one an interest");
  }

  void validate() const {
    InterestOptions::validate();
    check_range("iterations", iterations, 1, kMostIterations);
  }
};

class ComirecDr : public Model {
 public:
  ComirecDr(const ComirecDrOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, options.reads_in_one_pass(), options.n_interest),
        num_interests_(options.n_interest),
        iterations_(options.iterations),
        by_slot_(options.position_weights),
        scale_(std::sqrt(static_cast<double>(options.dim))),
        events_(options, schema, statistics, parameters),
        slots_(options.positions, options.max_length, options.dim, "position", parameters),
        readout_(schema, statistics, options.dim, options, parameters) {
    const Init init = Init::normal(1 / std::sqrt(static_cast<double>(options.dim)));
    weight_ = by_slot_ ? parameters.add("votes.weight", {options.max_length, num_interests_ * options.dim, options.dim}, init)
                       : parameters.add("votes.weight", {num_interests_, options.dim, options.dim}, init);
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const WindowPairs pairs(by_slot_ ? batch.readouts.padded() : batch.readouts);
    at::Tensor x = pairs.of_positions(events_.forward(batch, context)) * scale_;  // pairs [.., D]
    if (slots_.is_used()) x = x + slots_.forward(pairs);
    const Votes votes = by_slot_ ? votes_by_slot(pairs, x, weight_, num_interests_) : votes_by_interest(pairs, x, weight_);
    const at::Tensor logits = (at::zeros_like(x.narrow(-1, 0, 1)) + at::zeros({num_interests_}, x.options())).detach();  // pairs [.., K]
    const at::Tensor interests = route(pairs, votes, logits, {}, iterations_, context);                                  // [R, K, D]
    return {readout_.forward(interests, batch, context)};
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return events_.items().forward(batch, context); }

 private:
  int64_t num_interests_, iterations_;
  bool by_slot_;
  double scale_;
  InterestEvents events_;
  SlotEmbedding slots_;
  at::Tensor weight_;  // [K, D, D] or [max_length, K * D, D], (.., out, in)
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_comirec_dr_builder() { return std::make_unique<ModelBuilderOf<ComirecDrOptions, ComirecDr>>(); }

}  // namespace rechub
