#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/base/options.h"
#include "rechub/data/schema.h"
#include "rechub/layers/encode_context.h"
#include "rechub/layers/feature_encoder.h"
#include "rechub/layers/feature_tensors.h"
#include "rechub/layers/item_encoder.h"
#include "rechub/layers/parameters.h"
#include "rechub/ops/windows.h"

// Shape letters of all models: B users (sequences), R readouts, P packed positions, U distinct items of a batch, E embedding width, H hidden width, Q vectors per user, D vector
// width, N items in the call, V vocabulary, K results.
namespace rechub {

// Users to encode. Histories are packed end to end; a sequence is a window of them, a readout a window that ends at the position whose user vector is wanted.
struct UserBatch {
  ItemBatch items;               // the items that histories consist of [U]
  at::Tensor history;            // int64 [P], rows of `items`
  FeatureTensors events;         // columns of Schema::history, [P] rows
  Windows sequences;             // [B], do not overlap
  Windows readouts;              // [R], may overlap
  at::Tensor readout_positions;  // int64 [R]: the last position of each readout (0 where its history is empty)
  at::Tensor readout_sequence;   // int64 [R]: the sequence, and so the user, of each readout
  FeatureTensors users;          // columns of Schema::user (and the user id where the model asks for it), [B] rows
  FeatureTensors context;        // columns of Schema::context, [R] rows
  at::Tensor ages;               // float [R], in training for models that read them: of each readout's target, from 0 (the newest training event) to 1 (the oldest); else undefined
};

struct UserVectors {
  at::Tensor vectors;      // [R, Q, D]
  at::Tensor active = {};  // bool [R, Q]: false where a vector is a copy of an active one (an interest that a short history has not); undefined: all are active
  static UserVectors single(const at::Tensor& vectors) { return {vectors.unsqueeze(1), {}}; }  // from [R, D]
};

// Options every model has. A model's own options extend them.
struct ModelOptions {
  int64_t dim = 64;  // D
  int64_t max_length = 50;
  double dropout = 0.2;
  std::string similarity = "dot";
  double temperature = 1;
  bool learn_temperature = false;
  int64_t feature_dim = 16;
  bool user_id = false;
  void describe(OptionVisitor& visitor);
  void validate() const;  // throws kUsage for a value out of range, naming it
};

// A model is two encoders into one vector space. encode_* are pure functions of (weights, batch, context): no negatives, no loss, no mode. With similarity "cosine" both come out
// with length 1.
class Model {
 public:
  Model(const ModelOptions& options, bool is_causal, int64_t vectors_per_user = 1);  // throws kUsage for options out of range
  virtual ~Model() = default;

  UserVectors encode_users(const UserBatch& batch, EncodeContext& context) const;  // [R, Q, D]
  at::Tensor encode_items(const ItemBatch& batch, EncodeContext& context) const;   // [N, D]

  const ModelOptions& options() const { return options_; }

  // Makes the temperature a parameter, its logarithm, which begins at the option's value; once, before training or loading. keep_temperature_in_range() is called after every
  // update and puts it back between the two limits; it does nothing for a fixed temperature.
  static constexpr double kLowestTemperature = 0.01, kHighestTemperature = 100;
  void learn_temperature(ParameterSet& parameters);
  void keep_temperature_in_range() const;
  const at::Tensor& log_temperature() const { return log_temperature_; }  // [1]; undefined for a fixed temperature
  double temperature() const;                                             // as it is now

  int64_t vectors_per_user() const { return vectors_per_user_; }  // Q

  // True where position t sees nothing behind it, so that one pass over a sequence reads out all its positions.
  bool is_causal() const { return is_causal_; }
  // True where training is to say how old each target is (UserBatch::ages); everywhere else the age is 0, now.
  virtual bool reads_ages() const { return false; }
  // The states that the model can carry from batch to batch (EncodeContext::states): their widths; none where it cannot.
  virtual std::vector<int64_t> state_widths() const { return {}; }

 protected:
  virtual UserVectors user_vectors(const UserBatch& batch, EncodeContext& context) const = 0;
  virtual at::Tensor item_vectors(const ItemBatch& batch, EncodeContext& context) const = 0;

 private:
  ModelOptions options_;
  bool is_causal_;
  int64_t vectors_per_user_;
  at::Tensor log_temperature_;
};

}  // namespace rechub
