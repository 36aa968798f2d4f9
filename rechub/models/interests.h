#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rechub/layers/attention_block.h"
#include "rechub/models/sequence_inputs.h"

// What the multi-interest models (MIND, ComiRec-DR, ComiRec-SA, SINE) share. They read each history as the pairs of its readout's window (ops/window_pairs.h), so overlapping
// windows train every position without copies. K = n_interest.
namespace rechub {

struct InterestOptions : ModelOptions {
  int64_t n_interest = 4;
  std::string positions = "none";
  int64_t num_layers = 0;
  int64_t num_heads = 1;
  int64_t hidden_size = 0;
  void describe(OptionVisitor& visitor);
  void validate() const;
  // Blocks read out all positions of a sequence in one pass.
  bool reads_in_one_pass() const { return num_layers > 0; }
};

// The history's events as the interests see them: items joined by the events' own features (time gaps, where the data has that column), dropout, then `num_layers` of SASRec's
// causal blocks, none in the papers.
class InterestEvents {
 public:
  InterestEvents(const InterestOptions& options, const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters, Inference inference = Inference::kAsTrained);
  const ItemEncoder& items() const { return items_; }
  at::Tensor forward(const UserBatch& batch, EncodeContext& context) const;  // [P, D]

 private:
  double dropout_;
  ItemEncoder items_;
  HistoryInput history_;
  std::vector<AttentionBlock> blocks_;
};

}  // namespace rechub
