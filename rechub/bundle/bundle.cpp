#include "rechub/bundle/bundle.h"

#include <algorithm>
#include <filesystem>
#include <span>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/json_options.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/data/manifest.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSampleCases = 64;

// The test cases whose vectors are stored: the first ones, which any later run finds again.
std::span<const EvaluationCase> sample_cases(const Split& split) {
  const std::vector<EvaluationCase>& cases = split.test.empty() ? split.valid : split.test;
  return std::span(cases).first(std::min(kSampleCases, cases.size()));
}

void copy_data(const std::string& from, const std::string& to) {
  fs::create_directories(to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = fs::path(to) / fs::relative(entry.path(), from);
    if (entry.is_directory()) {
      fs::create_directories(target);
      continue;
    }
    std::error_code no_link;
    fs::create_hard_link(entry.path(), target, no_link);
    if (!no_link) continue;
    std::error_code failed;
    fs::copy_file(entry.path(), target, failed);
    check(!failed, ErrorKind::kData, "{}: could not be copied into the bundle: {}", entry.path().string(), failed.message());
  }
}

nlohmann::json config_to_json(const BundleConfig& config) {
  return {{"model", config.model}, {"model_options", config.model_options}, {"split", config.split}, {"split_seed", config.split_seed}, {"run", config.run}};
}

BundleConfig config_from_json(const nlohmann::json& object, const std::string& path) {
  try {
    BundleConfig config;
    config.model = object.at("model").get<std::string>();
    config.model_options = object.at("model_options");
    config.split = object.at("split").get<std::string>();
    config.split_seed = object.at("split_seed").get<uint64_t>();
    config.run = object.at("run");
    return config;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kData, "{}: not the configuration of a bundle: {}", path, error.what());
  }
}

BundleConfig read_config_file(const std::string& directory) {
  const std::string path = directory + "/config.json";
  return config_from_json(read_json(path), path);
}

// All weights but those of further objectives, which only training needs.
NamedTensors served_tensors(const ParameterSet& parameters) {
  NamedTensors tensors = named_tensors(parameters);
  std::erase_if(tensors, [](const auto& tensor) { return tensor.first.rfind(kObjectivePrefix, 0) == 0; });
  return tensors;
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) { return a.numel() == 0 ? 0 : (a - b).abs().max().item<double>(); }

}  // namespace

BuiltModel build_model(const ModelBuilder& builder, const Schema& schema, const FeatureStatistics& statistics, uint64_t seed) {
  BuiltModel built;
  built.parameters = std::make_unique<ParameterSet>(seed);
  built.model = builder.build(schema, statistics, *built.parameters);
  if (built.model->options().learn_temperature) built.model->learn_temperature(*built.parameters);
  return built;
}

NamedTensors named_tensors(const ParameterSet& parameters) {
  NamedTensors tensors;
  for (const DenseParameter& parameter : parameters.dense()) tensors.emplace_back(parameter.name, parameter.value.detach());
  for (const TableParameter& table : parameters.tables()) tensors.emplace_back(table.name, table.values);
  return tensors;
}

Bundle Bundle::open(const std::string& directory, bool verify_bytes) {
  Bundle bundle;
  bundle.manifest_ = check_manifest(directory, kBundleFormat, kBundleVersion, verify_bytes);  // of the data, too
  bundle.has_verified_bytes_ = verify_bytes;
  bundle.directory_ = directory;
  bundle.config_ = read_config_file(directory);
  bundle.dataset_ = std::make_unique<Dataset>(Dataset::open(directory + "/data"));
  const auto builder = find_model(bundle.config_.model).builder();
  options_from_json(bundle.config_.model_options, [&](OptionVisitor& visitor) { builder->describe(visitor); });
  bundle.built_ = build_model(*builder, make_schema(*bundle.dataset_), {}, 0);
  load_tensors_into(directory + "/weights.safetensors", named_tensors(*bundle.built_.parameters));
  return bundle;
}

BundleConfig Bundle::read_config(const std::string& directory) {
  check_manifest(directory, kBundleFormat, kBundleVersion, false);
  return read_config_file(directory);
}

at::Tensor Bundle::item_vectors() const {
  const auto tensors = load_tensors(directory_ + "/item_vectors.safetensors");
  const auto found = tensors.find("item_vectors");
  check(found != tensors.end() && found->second.dim() == 2 && found->second.size(0) == dataset_->item_rows(), ErrorKind::kData,
        "{}/item_vectors.safetensors: expected a tensor 'item_vectors' with {} rows", directory_, dataset_->item_rows());
  return found->second;
}

nlohmann::json Bundle::metrics() const {
  const std::string path = directory_ + "/metrics.json";
  return fs::exists(path) ? read_json(path) : nlohmann::json::object();
}

std::string Bundle::checksum(const std::string& name) const {
  const nlohmann::json& files = manifest_.at("files");
  return files.contains(name) ? files[name].at("checksum").get<std::string>() : "";
}

std::vector<std::string> Bundle::verify(const at::Tensor& stored) const {
  constexpr double kTolerance = 1e-5;  // other machines sum in another order
  std::vector<std::string> faults;
  const VectorEncoder encoder(*dataset_, *built_.model, *built_.parameters);
  const at::Tensor items = encoder.item_vectors();
  if (!at::equal(at::isfinite(items), at::ones_like(items, at::kBool))) faults.push_back("item vectors are not finite");
  const double item_difference = largest_difference(items, stored);
  if (!(item_difference <= kTolerance)) faults.push_back(fmt::format("stored item vectors differ from those the weights give by {:.2g}", item_difference));
  const Split split = make_split(*dataset_, config_.split, config_.split_seed);
  const auto sample = load_tensors(directory_ + "/sample.safetensors");
  const auto expected = sample.find("user_vectors");
  check(expected != sample.end(), ErrorKind::kData, "{}/sample.safetensors: expected a tensor 'user_vectors'", directory_);
  const at::Tensor users = encoder.user_vectors(sample_cases(split));
  if (users.sizes() != expected->second.sizes()) {
    faults.push_back("the stored sample of user vectors has another shape than what the model gives");
  } else {
    const double difference = largest_difference(users, expected->second);
    if (!(difference <= kTolerance)) faults.push_back(fmt::format("user vectors of the stored sample differ from those the model gives by {:.2g}", difference));
  }
  return faults;
}

void write_bundle(const std::string& directory, const BundleConfig& config, const Dataset& dataset, const Split& split, const Model& model, const ParameterSet& parameters,
                  const nlohmann::json& metrics) {
  const VectorEncoder encoder(dataset, model, parameters);
  save_tensors(directory + "/weights.safetensors", served_tensors(parameters));
  save_tensors(directory + "/item_vectors.safetensors", {{"item_vectors", encoder.item_vectors()}});
  save_tensors(directory + "/sample.safetensors", {{"user_vectors", encoder.user_vectors(sample_cases(split))}});
  write_json(directory + "/config.json", config_to_json(config));
  write_json(directory + "/metrics.json", metrics);
  copy_data(dataset.directory(), directory + "/data");
  write_manifest(directory, kBundleFormat, kBundleVersion);
}

}  // namespace rechub
