// STAMP: short-term attention/memory priority (Liu et al., KDD 2018).
//
//   m_s = mean_t E[i_t];   m_t = E[i_n]
//   a_j = w0 . sigmoid(W1 E[i_j] + W2 m_t + W3 m_s + b);   m_a = sum_j a_j E[i_j]   no softmax
//   u_n = tanh(Ws m_a + bs) * tanh(Wt m_t + bt);   score = u_n . E[i]               the trilinear product <h_s, h_t, E[i]>
//
// `memory` is what joins m_a: "mean" adds m_s, as the authors' code does; "last" adds m_t; "none" is the paper. The paper's last sigmoid is left out, as by its authors: it would
// bound the logits of the softmax to [0, 1].
#include <ATen/ATen.h>

#include "rechub/layers/additive_attention.h"
#include "rechub/models/option_ranges.h"
#include "rechub/models/registry.h"
#include "rechub/models/sequence_inputs.h"
#include "rechub/ops/ops.h"

namespace rechub {
namespace {

struct StampOptions : ModelOptions {
  int64_t hidden_size = 64;
  double hidden_dropout = 0.2;
  std::string memory = "mean";
  StampOptions() { dropout = 0.5; }

  void describe(OptionVisitor& visitor) {
    ModelOptions::describe(visitor);
    visitor.field("hidden_size", hidden_size, "width of the attention (the paper: dim)");
    visitor.field("hidden_dropout", hidden_dropout, "dropout of the user vector; `dropout` is that of the history's vectors");
    visitor.field("memory", memory, "what is added to the attended memory: mean (of the history; the authors' code), last (event) or none (the paper)");
  }

  void validate() const {
    ModelOptions::validate();
    check_range("hidden_size", hidden_size, 1, kWidest);
    check_dropout("hidden_dropout", hidden_dropout);
    check_choice("memory", memory, {"mean", "last", "none"});
  }
};

class Stamp : public Model {
 public:
  Stamp(const StampOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters)
      : Model(options, false),
        options_(options),
        items_(schema, statistics, options.dim, options.feature_dim, Init::xavier_normal(), "item", parameters),
        history_(schema, statistics, options.dim, options.feature_dim, parameters, Inference::kFloat64),
        key_(options.dim, options.hidden_size, "attention.event", parameters),
        last_(options.dim, options.hidden_size, "attention.last", parameters, false),
        mean_(options.dim, options.hidden_size, "attention.mean", parameters, false),
        attention_(options.hidden_size, false, "attention.score", parameters),
        general_(options.dim, options.dim, "general", parameters),
        current_(options.dim, options.dim, "current", parameters),
        readout_(schema, statistics, options.dim, options, parameters) {}

 protected:
  UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const override {
    const at::Tensor items = items_.forward(batch.items, context);
    const at::Tensor x = dropout(history_.forward(items, batch, context), options_.dropout, context);                       // [P, D]
    const at::Tensor mean = ops::window_pool(x, batch.readouts, "mean"), last = readout_states(x, batch);                   // [R, D]
    at::Tensor memory = attention_.forward(last_.forward(last) + mean_.forward(mean), key_.forward(x), x, batch.readouts);  // [R, D]
    if (options_.memory != "none") memory = memory + (options_.memory == "mean" ? mean : last);
    const at::Tensor user = at::tanh(general_.forward(memory)) * at::tanh(current_.forward(last));
    return UserVectors::single(in_type_of(items, readout_.forward(dropout(user, options_.hidden_dropout, context), batch, context)));
  }

  at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const override { return items_.forward(batch, context); }

 private:
  StampOptions options_;
  ItemEncoder items_;
  HistoryInput history_;
  Linear key_, last_, mean_;
  AdditiveAttention attention_;
  Linear general_, current_;
  ReadoutFusion readout_;
};

}  // namespace

std::unique_ptr<ModelBuilder> make_stamp_builder() { return std::make_unique<ModelBuilderOf<StampOptions, Stamp>>(); }

}  // namespace rechub
