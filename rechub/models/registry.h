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
  virtual std::unique_ptr<Model> build(const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters) const = 0;
};

template <class Options, class ModelType>
class ModelBuilderOf : public ModelBuilder {
 public:
  void describe(OptionVisitor& visitor) override { options_.describe(visitor); }
  std::unique_ptr<Model> build(const Schema& schema, const FeatureStatistics& statistics, ParameterSet& parameters) const override {
    return std::make_unique<ModelType>(options_, schema, statistics, parameters);
  }

 private:
  Options options_;
};

// A row of the table of models (registry.cpp): name, paper, its builder, and the loss and sampler it is trained with unless told otherwise.
struct ModelEntry {
  const char* name;
  const char* paper;
  std::unique_ptr<ModelBuilder> (*builder)();
  const char* loss;
  const char* sampler;
};

std::span<const ModelEntry> model_entries();
std::string model_names();                              // "dssm, gru4rec, ...", for help texts
const ModelEntry& find_model(const std::string& name);  // throws kUsage for an unknown name, with the nearest known one

// One function a model file.
std::unique_ptr<ModelBuilder> make_dssm_builder();
std::unique_ptr<ModelBuilder> make_gru4rec_builder();
std::unique_ptr<ModelBuilder> make_narm_builder();
std::unique_ptr<ModelBuilder> make_sasrec_builder();
std::unique_ptr<ModelBuilder> make_stamp_builder();
std::unique_ptr<ModelBuilder> make_youtube_dnn_builder();

}  // namespace rechub
