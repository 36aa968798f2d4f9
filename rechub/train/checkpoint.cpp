#include "rechub/train/checkpoint.h"

#include <algorithm>
#include <filesystem>

#include <ATen/ATen.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/tensor_file.h"
#include "rechub/data/manifest.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "rechub-checkpoint";
constexpr int kVersion = 2;
constexpr size_t kKept = 2;

// Doubles go through JSON exactly: the writer prints the shortest text that reads back to the same bits.
nlohmann::json progress_to_json(const TrainProgress& progress) {
  return {{"epoch", progress.epoch},
          {"batch", progress.batch},
          {"step", progress.step},
          {"epoch_loss", progress.epoch_loss},
          {"epoch_readouts", progress.epoch_readouts},
          {"best_epoch", progress.best_epoch},
          {"best_metric", progress.best_metric},
          {"evaluations_without_gain", progress.evaluations_without_gain}};
}

TrainProgress progress_from_json(const nlohmann::json& object, const std::string& source) {
  TrainProgress progress;
  progress.epoch = json_field<int64_t>(object, "epoch", source);
  progress.batch = json_field<int64_t>(object, "batch", source);
  progress.step = json_field<int64_t>(object, "step", source);
  progress.epoch_loss = json_field<double>(object, "epoch_loss", source);
  progress.epoch_readouts = json_field<int64_t>(object, "epoch_readouts", source);
  progress.best_epoch = json_field<int64_t>(object, "best_epoch", source);
  progress.best_metric = json_field<double>(object, "best_metric", source);
  progress.evaluations_without_gain = json_field<int64_t>(object, "evaluations_without_gain", source);
  return progress;
}

// Checkpoint directories, newest first: names are step-N with N padded, so names sort as steps do.
std::vector<fs::path> checkpoint_paths(const std::string& directory) {
  std::vector<fs::path> paths;
  if (!fs::exists(directory)) return paths;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("step-", 0) == 0 && name.find('.') == std::string::npos) paths.push_back(entry.path());
  }
  std::sort(paths.rbegin(), paths.rend());
  return paths;
}

void load_checkpoint(const std::string& path, const CheckpointState& state) {
  load_tensors_into(path + "/weights.safetensors", named_tensors(*state.parameters));
  load_tensors_into(path + "/best.safetensors", state.best->tensors());
  load_tensors_into(path + "/optimizer.safetensors", state.optimizer->state());
  if (!state.carried.empty()) load_tensors_into(path + "/carried.safetensors", state.carried);
  if (!state.sampler.empty()) load_tensors_into(path + "/sampler.safetensors", state.sampler);
}

}  // namespace

WeightCopy::WeightCopy(const ParameterSet& parameters) {
  for (const auto& [name, tensor] : named_tensors(parameters)) tensors_.emplace_back(name, tensor.clone());
}

void WeightCopy::copy_from(const ParameterSet& parameters) {
  const NamedTensors source = named_tensors(parameters);
  for (size_t i = 0; i < tensors_.size(); ++i) tensors_[i].second.copy_(source[i].second);
}

void WeightCopy::copy_to(ParameterSet& parameters) const {
  NamedTensors target = named_tensors(parameters);
  for (size_t i = 0; i < tensors_.size(); ++i) target[i].second.copy_(tensors_[i].second);
}

void save_checkpoint(const std::string& directory, const CheckpointState& state) {
  fs::create_directories(directory);
  AtomicDirectory checkpoint(directory + "/" + fmt::format("step-{:012}", state.progress.step), AtomicDirectory::kReplace);
  const std::string& path = checkpoint.temporary_path();
  save_tensors(path + "/weights.safetensors", named_tensors(*state.parameters));
  save_tensors(path + "/best.safetensors", state.best->tensors());
  save_tensors(path + "/optimizer.safetensors", state.optimizer->state());
  if (!state.carried.empty()) save_tensors(path + "/carried.safetensors", state.carried);
  if (!state.sampler.empty()) save_tensors(path + "/sampler.safetensors", state.sampler);
  write_json(path + "/progress.json", progress_to_json(state.progress));
  write_manifest(path, kFormat, kVersion);
  checkpoint.commit();
  const auto paths = checkpoint_paths(directory);
  for (size_t i = kKept; i < paths.size(); ++i) fs::remove_all(paths[i]);
}

bool load_newest_checkpoint(const std::string& directory, const CheckpointState& state, TrainProgress& progress) {
  const std::vector<fs::path> paths = checkpoint_paths(directory);
  for (const fs::path& path : paths) {
    try {
      check_manifest(path.string(), kFormat, kVersion, true);
    } catch (const Error& error) {
      log_warning("checkpoint skipped: {}", error.what());
      continue;
    }
    load_checkpoint(path.string(), state);
    progress = progress_from_json(read_json(path.string() + "/progress.json"), path.string() + "/progress.json");
    return true;
  }
  check(paths.empty(), ErrorKind::kData, "{}: no checkpoint in it is whole, so there is nothing to go on from; begin anew without resume", directory);
  return false;
}

}  // namespace rechub
