#include "rechub/matching/match_model.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_options.h"
#include "rechub/base/registry.h"
#include "rechub/bundle/bundle.h"
#include "rechub/models/registry.h"

namespace rechub::matching {

struct MatchModel::State {
  std::string name;
  FeatureLayout layout;
  std::string reduction;
  std::unique_ptr<ModelBuilder> builder;
  BuiltModel built;
  bool has_learnt = false;
  std::map<std::string, at::Tensor> given;  // what training begins with

  void build(const FeatureStatistics& statistics, uint64_t seed) { built = build_model(*builder, layout.schema(), statistics, seed); }
  void put_given() {
    const at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : named_tensors(*built.parameters)) {
      const auto found = given.find(name);
      if (found != given.end()) tensor.detach().copy_(found->second);
    }
  }
};

MatchModel::MatchModel(const std::string& name, const FeatureLayout& layout, const nlohmann::json& options) : state_(std::make_unique<State>()) {
  state_->name = name;
  state_->layout = layout;
  state_->builder = find_model(name).builder();
  state_->reduction = find_model(name).reduction;
  options_from_json(options, [&](OptionVisitor& visitor) { state_->builder->describe(visitor); });
  state_->build({}, 1);
}

MatchModel::MatchModel(MatchModel&&) noexcept = default;
MatchModel& MatchModel::operator=(MatchModel&&) noexcept = default;
MatchModel::~MatchModel() = default;

void MatchModel::set_options(const nlohmann::json& options) {
  const nlohmann::json known = options_to_json([&](OptionVisitor& visitor) { state_->builder->describe(visitor); });
  std::vector<std::string> names;
  for (const auto& [name, value] : known.items()) names.push_back(name);
  for (const auto& [name, value] : options.items()) check_known("option", name, names, state_->name);
  options_from_json(options, [&](OptionVisitor& visitor) { state_->builder->describe(visitor); });
  state_->build({}, 1);
  state_->given.clear();
  state_->has_learnt = false;
}

void MatchModel::give(const std::map<std::string, at::Tensor>& tensors) {
  const NamedTensors own = named_tensors(parameters());
  for (const auto& [name, tensor] : tensors) {
    const auto found = std::find_if(own.begin(), own.end(), [&](const auto& entry) { return entry.first == name; });
    check(found != own.end(), ErrorKind::kNotFound, "the model has no tensor {}", name);
    check(found->second.sizes() == tensor.sizes(), ErrorKind::kShape, "{}: expected a tensor of [{}], got [{}]", name, fmt::join(found->second.sizes(), ", "),
          fmt::join(tensor.sizes(), ", "));
  }
  for (const auto& [name, tensor] : tensors) state_->given[name] = tensor.detach().clone();
  state_->put_given();
}

const std::string& MatchModel::name() const { return state_->name; }
const FeatureLayout& MatchModel::layout() const { return state_->layout; }
const Model& MatchModel::model() const { return *state_->built.model; }
const std::string& MatchModel::reduction() const { return state_->reduction; }
const ParameterSet& MatchModel::parameters() const { return *state_->built.parameters; }
ParameterSet& MatchModel::parameters() { return *state_->built.parameters; }

void MatchModel::start(const FeatureStatistics& statistics, uint64_t seed) {
  if (state_->has_learnt) return;
  state_->build(statistics, seed);
  state_->put_given();
  state_->given.clear();
  state_->has_learnt = true;
}

bool MatchModel::has_learnt() const { return state_->has_learnt; }
bool MatchModel::has_given() const { return !state_->given.empty(); }

void MatchModel::save(const std::string& directory) const {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  check(!failed, ErrorKind::kData, "{}: could not be made: {}", directory, failed.message());
  save_tensors(directory + "/weights.safetensors", named_tensors(parameters()));
}

void MatchModel::load(const std::string& directory) {
  load_tensors_into(directory + "/weights.safetensors", named_tensors(parameters()));
  state_->given.clear();
  state_->has_learnt = true;
}

}  // namespace rechub::matching
