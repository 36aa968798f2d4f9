#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include "rechub/data/feature_statistics.h"
#include "rechub/matching/feature_layout.h"

namespace rechub {
class Model;
class ParameterSet;
}  // namespace rechub

namespace rechub::matching {

// A model of the engine over features given by hand: what its constructor's arguments become, and its weights. The score of a user and an item is the cosine of their vectors over
// the temperature. Not thread-safe while it trains or loads.
class MatchModel {
 public:
  // `name` and `options` as the engine's registry knows them; options that are not named keep the engine's defaults. Throws kUsage for arguments no model can be built from.
  MatchModel(const std::string& name, const FeatureLayout& layout, const nlohmann::json& options);
  MatchModel(MatchModel&&) noexcept;
  MatchModel& operator=(MatchModel&&) noexcept;
  ~MatchModel();

  // Further options of the engine's model, by name, beside those that the constructor's arguments became. Draws fresh weights; throws kUsage for a value out of range and for a
  // name the model does not know.
  void set_options(const nlohmann::json& options);

  const std::string& name() const;  // in the engine's registry
  const FeatureLayout& layout() const;
  const Model& model() const;
  const std::string& reduction() const;  // of a user's vectors in training (losses/interest_reduction.h)
  const ParameterSet& parameters() const;
  ParameterSet& parameters();

  // Fresh weights drawn by `seed`, with dense features standardised by `statistics`; nothing happens where the model has learnt or loaded weights, which training goes on from.
  void start(const FeatureStatistics& statistics, uint64_t seed);

  // Some tensors by name, from elsewhere: copied in, and training begins with them; all others begin as ever, dense features standardised. Throws kNotFound for a name the model
  // does not have, kShape for other sizes.
  void give(const std::map<std::string, at::Tensor>& tensors);

  bool has_learnt() const;  // or has loaded weights
  bool has_given() const;   // weights that training will begin with

  // DIRECTORY/weights.safetensors, written whole or not at all; the directory is made where need be. load throws kNotFound without it, and kData where it belongs to a model of
  // other arguments, naming the tensor that differs.
  void save(const std::string& directory) const;
  void load(const std::string& directory);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rechub::matching
