// SINE: sparse-interest network for sequential recommendation (Tan et al., WSDM 2021). L prototypes of interests stand for all users; each user has the K of them that fit best.
//
//   z = sum_t a_t x_t,  a = softmax_t(w2 . tanh(W1 x_t));   s = C z;   top K of s;   C_k = sigmoid(s_k) C[k], the gate through which the choice is learnt
//   P(k|t) = softmax_k( LN1(W3 x_t) . LN2(C_k) )            which interest event t shows
//   P(t|k) = softmax_t( w_k2 . tanh(W_k1 x_t) )             which events say most of interest k
//   u_k = LN4( sum_t P(k|t) P(t|k) x_t )
//   y_t = sum_k P(k|t) C_k;   c = LN3( sum_t softmax_t(w5 . tanh(W4 y_t)) y_t )      what is wanted next
//   v = sum_k softmax_k( u_k . c / tau ) u_k;   score = v . E[i]
//
// With the loss goes `regularisation` x L_c = 1/2 (|M|^2 - |diag M|^2), M the covariance of the prototypes, so that they differ. `variant` = "official" is the authors' code:
// P(k|t) by cosines over .07, P(t|k) and P(k|t) joined in one softmax_t of their product, v by u_k . m with m linear in [mean_k u_k; c], and the regulariser the mean cosine of two
// interests.
#include <cmath>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/layers/interest_similarity.h"
#include "rechub/layers/slot_embedding.h"
#include "rechub/models/interests.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"

namespace rechub {
namespace {

constexpr double kIntentionTemperature = 0.07;  // of the official P(k|t)

struct SineOptions : InterestOptions {
  int64_t num_prototypes = 500;
  int64_t attention_size = 0;
  double interest_temperature = 0.1;
  double regularisation = 0.1;
  std::string variant = "paper";

  void describe(OptionVisitor& visitor) {
    InterestOptions::describe(visitor);
    visitor.field("num_prototypes", num_prototypes, "prototypes of interests; each user has the n_interest of them that fit best");
    visitor.field("attention_size", attention_size, "inner width of the attentions over events; 0: dim");
    visitor.field("interest_temperature", interest_temperature, "tau of the softmax over a user's interests, variant paper");
    visitor.field("regularisation", regularisation, "weight of the term that keeps prototypes (variant paper) or interests (official) apart");
    visitor.field("variant", variant, "paper, or official: the equations of the authors' code");
  }

  void validate() const {
    InterestOptions::validate();
    check_choice("variant", variant, {"paper", "official"});
    check_range("num_prototypes", num_prototypes, 1, kMostPrototypes);
    check(num_prototypes >= n_interest, ErrorKind::kUsage, "num_prototypes should be n_interest or more, got {} and {}", num_prototypes, n_interest);
    check_range("attention_size", attention_size, 0, kWidest, "dim");
    check(std::isfinite(interest_temperature) && interest_temperature > 0, ErrorKind::kUsage, "interest_temperature should be above 0, got {}", interest_temperature);
    check(std::isfinite(regularisation) && regularisation >= 0, ErrorKind::kUsage, "regularisation should be 0 (none) or more, got {}", regularisation);
  }
};

at::Tensor unit(const at::Tensor& x) { return x / at::sqrt((x * x).sum(-1, true) + 1e-12); }

class Sine : public Model {
 public:
  Sine(const SineOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, options.reads_in_one_pass()),
        options_(options),
        width_(options.attention_size > 0 ? options.attention_size : options.dim),
        events_(options, schema, statistics, parameters, Inference::kFloat64),
        slots_(options.positions, options.max_length, options.dim, "position", parameters),
        prototypes_(parameters.add("prototypes", {options.num_prototypes, options.dim}, Init::xavier_normal())),
        concept_inner_(options.dim, width_, "concept.inner", parameters, false),
        concept_head_(width_, 1, "concept.head", parameters, false),
        attention_inner_(options.dim, options.n_interest * width_, "attention.inner", parameters, false),
        attention_heads_(parameters.add("attention.heads", {options.n_interest, width_}, Init::xavier_normal())),
        next_inner_(options.dim, width_, "next.inner", parameters, false),
        next_head_(width_, 1, "next.head", parameters, false),
        next_norm_(options.dim, "next.norm", parameters),
        interest_norm_(options.dim, "interest.norm", parameters),
        readout_(schema, statistics, options.dim, options, parameters) {
    if (is_paper()) {
      intention_.emplace(options.dim, options.dim, "intention", parameters, false);
      intention_norm_.emplace(options.dim, "intention.norm", parameters);
    } else {
      merge_.emplace(2 * options.dim, options.dim, "merge", parameters);
    }
  }

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const WindowPairs pairs(batch.readouts);
    at::Tensor x = pairs.of_positions(events_.forward(batch, context));  // pairs [.., D]
    if (slots_.is_used()) x = x + in_type_of(x, slots_.forward(pairs));
    const at::Tensor chosen = choose_prototypes(pairs, x);      // [R, K, D]
    const at::Tensor intention = intentions(pairs, x, chosen);  // pairs [.., K] P(k|t)
    const at::Tensor logits = (at::tanh(attention_inner_.forward(x)).unflatten(-1, {options_.n_interest, width_}) * in_type_of(x, attention_heads_)).sum(-1);  // pairs [.., K]
    const at::Tensor weights = is_paper() ? intention * pairs.softmax(logits) : pairs.softmax(logits * intention);
    const at::Tensor interests = interest_norm_.forward(pairs.weighted_sum(weights, x));  // [R, K, D]
    const at::Tensor next = next_intention(pairs, chosen, intention);                     // [R, D]
    if (context.training && options_.regularisation > 0) add_regulariser(interests, context);
    const at::Tensor shares = at::softmax(interest_scores(interests, next), 1);     // [R, K]
    const at::Tensor user = at::matmul(shares.unsqueeze(1), interests).squeeze(1);  // [R, D]
    return UserVectors::single(in_type_of(prototypes_, readout_.forward(user, batch, context)));
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return events_.items().forward(batch, context); }

 private:
  bool is_paper() const { return options_.variant == "paper"; }

  at::Tensor choose_prototypes(const WindowPairs& pairs, const at::Tensor& x) const {
    const at::Tensor weights = pairs.softmax(concept_head_.forward(at::tanh(concept_inner_.forward(x))));  // pairs [.., 1]
    const at::Tensor concept_vector = pairs.weighted_sum(weights, x).squeeze(1);                           // [R, D]
    const at::Tensor prototypes = in_type_of(x, prototypes_);
    const auto [scores, index] = at::topk(at::linear(concept_vector, prototypes), options_.n_interest);  // [R, K]
    return at::embedding(prototypes, index) * at::sigmoid(scores).unsqueeze(-1);
  }

  // A gain and a bias of LN2 would do nothing that LN1's do not.
  at::Tensor intentions(const WindowPairs& pairs, const at::Tensor& x, const at::Tensor& chosen) const {
    if (!is_paper()) return at::softmax(pairs.dots(unit(chosen), unit(x)) / kIntentionTemperature, -1);
    return at::softmax(pairs.dots(at::layer_norm(chosen, {options_.dim}, {}, {}, 1e-8), intention_norm_->forward(intention_->forward(x))), -1);
  }

  // sum_t b_t y_t = sum_k (sum_t b_t P(k|t)) C_k, and W4 y_t = sum_k P(k|t) W4 C_k: y_t itself is not needed.
  at::Tensor next_intention(const WindowPairs& pairs, const at::Tensor& chosen, const at::Tensor& intention) const {
    const at::Tensor hidden = at::tanh(pairs.mix(intention, next_inner_.forward(chosen)));  // pairs [.., A]
    const at::Tensor weights = pairs.softmax(next_head_.forward(hidden));                   // pairs [.., 1]
    const at::Tensor shares = pairs.sum(weights * intention);                               // [R, K]
    return next_norm_.forward(at::matmul(shares.unsqueeze(1), chosen).squeeze(1));
  }

  at::Tensor interest_scores(const at::Tensor& interests, const at::Tensor& next) const {
    const at::Tensor wanted = is_paper() ? next / options_.interest_temperature : merge_->forward(at::cat({interests.mean(1), next}, 1));  // [R, D]
    return at::matmul(interests, wanted.unsqueeze(2)).squeeze(2);                                                                          // [R, K]
  }

  void add_regulariser(const at::Tensor& interests, EncodeContext& context) const {
    if (!is_paper() && options_.n_interest == 1) return;
    const at::Tensor term = (is_paper() ? prototype_covariance(prototypes_) : mean_pairwise_cosine(interests).mean()) * options_.regularisation;
    context.auxiliary_loss = context.auxiliary_loss.defined() ? context.auxiliary_loss + term : term;
  }

  SineOptions options_;
  int64_t width_;
  InterestEvents events_;
  SlotEmbedding slots_;
  at::Tensor prototypes_;  // [L, D]
  Linear concept_inner_, concept_head_;
  std::optional<Linear> intention_, merge_;
  std::optional<LayerNorm> intention_norm_;
  Linear attention_inner_;
  at::Tensor attention_heads_;  // [K, A]
  Linear next_inner_, next_head_;
  LayerNorm next_norm_, interest_norm_;
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_sine_builder() { return std::make_unique<ModelBuilderOf<SineOptions, Sine>>(); }

}  // namespace rechub
