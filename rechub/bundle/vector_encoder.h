#pragma once

#include <span>

#include <ATen/core/Tensor.h>

#include "rechub/eval/recommender.h"
#include "rechub/models/batch_assembly.h"
#include "rechub/models/model.h"

namespace rechub {

// A trained model's two encoders over a data set: whole tables, no gradients, no dropout. What evaluation, recommendation, item vectors and serving call, so that they cannot
// differ. References must outlive it; const calls may run at the same time.
class VectorEncoder {
 public:
  VectorEncoder(const Dataset& dataset, const Model& model, const ParameterSet& parameters);

  at::Tensor item_vectors() const;                                       // float32 [item_rows, D]; row 0 is zero, row 1 (unknown) the mean of the items
  at::Tensor encode_items(const ItemBatch& batch) const;                 // float32 [N, D]; ids are item rows
  at::Tensor user_vectors(std::span<const EvaluationCase> cases) const;  // float32 [cases, Q, D], each from its newest max_length history events
  at::Tensor encode(SequenceBatch sequences) const;                      // float32 [R, Q, D] of any packed histories
  UserVectors interests(std::span<const EvaluationCase> cases) const;    // user_vectors with which of them are active

 private:
  UserVectors run(SequenceBatch sequences) const;
  const Dataset& dataset_;
  const Model& model_;
  const ParameterSet& parameters_;
  BatchAssembler assembler_;
};

// Ranks cases by user and item vectors with an exact index over the catalogue. Keeps its own copy of the item vectors; `encoder` must outlive it.
CaseRanker rank_by_vectors(const VectorEncoder& encoder, const at::Tensor& item_vectors);

}  // namespace rechub
