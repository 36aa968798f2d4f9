#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/bundle/tensor_file.h"
#include "rechub/data/dataset.h"
#include "rechub/data/split.h"
#include "rechub/layers/parameters.h"
#include "rechub/models/registry.h"

namespace rechub {

// A model directory that describes itself:
//
//   manifest.json             format version and a checksum of every file below
//   config.json               model name and options, loss, sampler, split, seeds, versions: the merged configuration of the run
//   weights.safetensors       all parameters and buffers by name
//   item_vectors.safetensors  [item_rows, D]
//   sample.safetensors        user vectors of some test cases: what `rechub verify` recomputes
//   metrics.json              how the model was judged: metrics, intervals, protocol, for validation and test
//   metrics.jsonl, events.*   the course of training (one object an epoch; TensorBoard)
//   data/                     the prepared data set: schema, vocabularies, features, histories
//
// Nothing in it can run code: only safetensors, JSON and Arrow are read.
inline constexpr const char* kBundleFormat = "rechub-bundle";  // of its manifest (data/manifest.h)
inline constexpr int kBundleVersion = 2;

struct BundleConfig {
  std::string model;
  nlohmann::json model_options = nlohmann::json::object();
  std::string split = "leave-one-out";
  uint64_t split_seed = 1;
  nlohmann::json run = nlohmann::json::object();  // the merged configuration, for people and for `rechub info`
};

// A model put together on a data set: weights as initialised by `seed`, or loaded.
struct BuiltModel {
  std::unique_ptr<ParameterSet> parameters;
  std::unique_ptr<Model> model;
};
BuiltModel build_model(const ModelBuilder& builder, const Schema& schema, const FeatureStatistics& statistics, uint64_t seed);
NamedTensors named_tensors(const ParameterSet& parameters);

class Bundle {
 public:
  // Reads config, data and weights. Throws kNotFound where there is no manifest, kData where a file is missing, truncated, not ours or (with verify_bytes, which reads every byte)
  // changed since it was written.
  static Bundle open(const std::string& directory, bool verify_bytes = true);
  // config.json alone; throws as open without verify_bytes does.
  static BundleConfig read_config(const std::string& directory);

  const std::string& directory() const { return directory_; }
  const BundleConfig& config() const { return config_; }
  const Dataset& dataset() const { return *dataset_; }
  const Model& model() const { return *built_.model; }
  const ParameterSet& parameters() const { return *built_.parameters; }
  at::Tensor item_vectors() const;  // as stored: reads the file at each call
  nlohmann::json metrics() const;   // metrics.json, or an empty object

  // The checksum of a file below the directory, as the manifest has it (manifest.h); "" for one it does not name.
  std::string checksum(const std::string& name) const;
  // Whether every byte of that file was read and found right by open.
  bool is_verified(const std::string& name) const { return has_verified_bytes_ && !checksum(name).empty(); }

  // What is wrong between the stored sample and what the weights give now; empty when nothing is. Also recomputes item vectors, to compare them with `stored`, those of
  // item_vectors().
  std::vector<std::string> verify(const at::Tensor& stored) const;

 private:
  std::string directory_;
  nlohmann::json manifest_;
  bool has_verified_bytes_ = false;
  BundleConfig config_;
  std::unique_ptr<Dataset> dataset_;
  BuiltModel built_;
};

// Fills an existing directory (a temporary one, see AtomicDirectory) with a bundle. `dataset` is linked where the file system can, else copied. metrics.jsonl and event files are
// there already.
void write_bundle(const std::string& directory, const BundleConfig& config, const Dataset& dataset, const Split& split, const Model& model, const ParameterSet& parameters,
                  const nlohmann::json& metrics);

}  // namespace rechub
