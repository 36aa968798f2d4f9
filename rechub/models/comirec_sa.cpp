// ComiRec-SA: controllable multi-interest recommendation by self-attention (Cen et al., KDD 2020, section 3.2).
//
//   a_tk = softmax_t( w_k . tanh(W (x_t + p_t) + b) )     x_t the event, p_t the vector of its place, d_a = 4 D wide
//   u_k  = sum_t a_tk x_t;   score = max_k u_k . E[i]
//
// Places enter the attention only: an interest is a mean of events. (The authors' code adds a bias to each w_k, which a softmax over events does not see.) Training takes the
// interest that scores the target highest.
#include <ATen/ATen.h>

#include "rechub/layers/slot_embedding.h"
#include "rechub/models/interests.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"

namespace rechub {
namespace {

struct ComirecSaOptions : InterestOptions {
  int64_t attention_size = 0;
  ComirecSaOptions() { positions = "newest"; }

  void describe(OptionVisitor& visitor) {
    InterestOptions::describe(visitor);
    visitor.field("attention_size", attention_size, "inner width of the attention over events; 0: 4 x dim, as in the paper");
  }

  void validate() const {
    InterestOptions::validate();
    check_range("attention_size", attention_size, 0, kWidest, "4 x dim");
  }
};

class ComirecSa : public Model {
 public:
  ComirecSa(const ComirecSaOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, options.reads_in_one_pass(), options.n_interest),
        events_(options, schema, statistics, parameters),
        slots_(options.positions, options.max_length, options.dim, "position", parameters),
        inner_(parameters.add("attention.inner.weight", {width(options), options.dim}, Init::xavier_normal())),
        inner_bias_(parameters.add("attention.inner.bias", {width(options)}, Init::zeros())),
        heads_(width(options), options.n_interest, "attention.heads", parameters, /*bias=*/false),
        readout_(schema, statistics, options.dim, options, parameters) {}

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const WindowPairs pairs(batch.readouts);
    const at::Tensor events = events_.forward(batch, context);                             // [P, D]
    at::Tensor hidden = pairs.of_positions(at::linear(events, inner_, inner_bias_));       // pairs [.., A]
    if (slots_.is_used()) hidden = hidden + slots_.forward(pairs, inner_);                 // W (x + p) = W x + W p
    const at::Tensor weights = pairs.softmax(heads_.forward(at::tanh(hidden)));            // pairs [.., K]
    const at::Tensor interests = pairs.weighted_sum(weights, pairs.of_positions(events));  // [R, K, D]
    return {readout_.forward(interests, batch, context)};
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return events_.items().forward(batch, context); }

 private:
  static int64_t width(const ComirecSaOptions& options) { return options.attention_size > 0 ? options.attention_size : 4 * options.dim; }
  InterestEvents events_;
  SlotEmbedding slots_;
  at::Tensor inner_, inner_bias_;
  Linear heads_;
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_comirec_sa_builder() { return std::make_unique<ModelBuilderOf<ComirecSaOptions, ComirecSa>>(); }

}  // namespace rechub
