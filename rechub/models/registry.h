#pragma once

#include <memory>
#include <span>
#include <string>

#include "rechub/models/model.h"

namespace rechub {

// A model's options, ready to be described (flags, TOML, help) and to build the model from.
class ModelBuilder {
 public:
  virtual ~ModelBuilder() = default;
  virtual void describe(OptionVisitor& visitor) = 0;
  virtual void validate() const = 0;  // throws kUsage for an option out of range, naming it; build() does, too
  virtual std::unique_ptr<Model> build(const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters) const = 0;
};

template <class Options, class ModelType>
class ModelBuilderOf : public ModelBuilder {
 public:
  void describe(OptionVisitor& visitor) override { options_.describe(visitor); }
  void validate() const override { options_.validate(); }
  std::unique_ptr<Model> build(const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters) const override {
    validate();
    return std::make_unique<ModelType>(options_, schema, statistics, parameters);
  }

 private:
  Options options_;
};

// A row of the table of models (registry.cpp): name, paper, its builder, and the loss, the sampler and (where a user has several vectors) the reduction it is trained with unless
// told otherwise.
struct ModelEntry {
  const char* name;
  const char* paper;
  std::unique_ptr<ModelBuilder> (*builder)();
  const char* loss;
  const char* sampler;
  const char* reduction;  // of a user's vectors while the target is known (losses/interest_reduction.h); serving always takes the largest score
  bool needs_history;     // a user is what its events say; false: a tower over features, to which the history is one more
};

std::span<const ModelEntry> model_entries();
std::string model_names();                              // "dssm, gru4rec, ...", for help texts
const ModelEntry& find_model(const std::string& name);  // throws kUsage for an unknown name, with the nearest known one

// One function a model file.
std::unique_ptr<ModelBuilder> make_comirec_dr_builder();
std::unique_ptr<ModelBuilder> make_comirec_sa_builder();
std::unique_ptr<ModelBuilder> make_dssm_builder();
std::unique_ptr<ModelBuilder> make_facebook_dssm_builder();
std::unique_ptr<ModelBuilder> make_gru4rec_builder();
std::unique_ptr<ModelBuilder> make_mind_builder();
std::unique_ptr<ModelBuilder> make_narm_builder();
std::unique_ptr<ModelBuilder> make_sasrec_builder();
std::unique_ptr<ModelBuilder> make_stamp_builder();
std::unique_ptr<ModelBuilder> make_sine_builder();
std::unique_ptr<ModelBuilder> make_youtube_dnn_builder();
std::unique_ptr<ModelBuilder> make_youtube_sbc_builder();

}  // namespace rechub
