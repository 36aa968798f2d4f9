#include "rechub/train/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"

namespace rechub {
namespace {

double squared_norm(const at::Tensor& gradient, const std::string& name) {
  const double squares = gradient.square().sum(at::kDouble).item<double>();
  check(std::isfinite(squares), ErrorKind::kData, "the gradient of {} is not finite. Try a smaller learning_rate, or clip_norm; the last checkpoint is kept", name);
  return squares;
}

}  // namespace

Optimizer::Optimizer(const OptimizerOptions& options, ParameterSet& parameters) : options_(options), parameters_(parameters) {
  const std::vector<std::string> known = {"adam", "adagrad", "sgd"};
  check(std::find(known.begin(), known.end(), options.optimizer) != known.end(), ErrorKind::kUsage, "{}", unknown_name_message("optimizer", options.optimizer, known));
  const auto make_slot = [&](const std::string& name, const at::Tensor& values) {
    Slot slot{name, values, {}, {}, at::zeros({values.size(0)}, at::kInt)};
    if (options.optimizer == "adam") slot.first = at::zeros_like(values);
    if (options.optimizer != "sgd") slot.second = at::zeros_like(values);
    return slot;
  };
  for (const DenseParameter& parameter : parameters.dense()) {
    if (parameter.trained) dense_.push_back(make_slot(parameter.name, parameter.value.detach().view({1, -1})));
  }
  for (const TableParameter& table : parameters.tables()) tables_.push_back(make_slot(table.name, table.values));
}

double Optimizer::step(const std::vector<at::Tensor>& leaf_gradients, const std::vector<const LeafRows*>& leaves, double learning_rate) {
  double squares = 0;
  std::vector<at::Tensor> dense_gradients;
  for (const DenseParameter& parameter : parameters_.dense()) {
    if (!parameter.trained) continue;
    dense_gradients.push_back(parameter.value.grad());
    if (parameter.value.grad().defined()) squares += squared_norm(parameter.value.grad(), parameter.name);
  }
  for (size_t t = 0; t < tables_.size(); ++t) {
    if (leaf_gradients[t].defined()) squares += squared_norm(leaf_gradients[t], tables_[t].name);
  }
  const double norm = std::sqrt(squares);
  const double clip_scale = options_.clip_norm > 0 && norm > options_.clip_norm ? options_.clip_norm / norm : 1;
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < dense_.size(); ++i) {
    if (dense_gradients[i].defined()) update(dense_[i], dense_gradients[i].view({1, -1}), nullptr, learning_rate, clip_scale);
  }
  for (size_t t = 0; t < tables_.size(); ++t) {
    if (leaf_gradients[t].defined()) update(tables_[t], leaf_gradients[t], leaves[t], learning_rate, clip_scale);
  }
  for (DenseParameter& parameter : parameters_.dense()) parameter.value.mutable_grad() = at::Tensor();
  return norm;
}

void Optimizer::update(Slot& slot, const at::Tensor& gradient, const LeafRows* leaf, double learning_rate, double clip_scale) {
  const bool gathered = leaf && !leaf->is_whole;
  const int64_t first = leaf ? leaf->first_row : 0;
  at::Tensor rows;
  if (gathered) rows = at::from_blob(const_cast<int64_t*>(leaf->rows.data()), {static_cast<int64_t>(leaf->rows.size())}, at::kLong);
  const auto view = [&](const at::Tensor& all) { return gathered ? all.index_select(0, rows) : all.narrow(0, first, gradient.size(0)); };
  const auto write = [&](at::Tensor all, const at::Tensor& part) {
    if (gathered) all.index_copy_(0, rows, part);
  };
  at::Tensor values = view(slot.values), steps = view(slot.steps).add_(1);
  const at::Tensor scaled = clip_scale == 1 ? gradient : gradient * clip_scale;
  if (options_.weight_decay > 0) values.mul_(1 - learning_rate * options_.weight_decay);
  if (options_.optimizer == "sgd") {
    values.sub_(scaled, learning_rate);
  } else if (options_.optimizer == "adagrad") {
    at::Tensor second = view(slot.second).addcmul_(scaled, scaled);
    values.addcdiv_(scaled, second.sqrt().add_(options_.epsilon), -learning_rate);
    write(slot.second, second);
  } else {
    at::Tensor mean = view(slot.first).mul_(options_.beta1).add_(scaled, 1 - options_.beta1);
    at::Tensor second = view(slot.second).mul_(options_.beta2).addcmul_(scaled, scaled, 1 - options_.beta2);
    const at::Tensor count = steps.to(values.scalar_type()).unsqueeze(1);
    const at::Tensor mean_correction = at::rsub(at::pow(options_.beta1, count), 1), second_correction = at::rsub(at::pow(options_.beta2, count), 1);
    values.sub_((mean / mean_correction) / ((second / second_correction).sqrt().add_(options_.epsilon)), learning_rate);
    write(slot.first, mean);
    write(slot.second, second);
  }
  write(slot.values, values);
  write(slot.steps, steps);
}

std::vector<std::pair<std::string, at::Tensor>> Optimizer::state() const {
  std::vector<std::pair<std::string, at::Tensor>> state;
  for (const std::vector<Slot>* slots : {&dense_, &tables_}) {
    for (const Slot& slot : *slots) {
      if (slot.first.defined()) state.emplace_back("first." + slot.name, slot.first);
      if (slot.second.defined()) state.emplace_back("second." + slot.name, slot.second);
      state.emplace_back("steps." + slot.name, slot.steps);
    }
  }
  return state;
}

double scheduled_learning_rate(const OptimizerOptions& options, int64_t step, int64_t total_steps) {
  check(options.schedule == "constant" || options.schedule == "cosine", ErrorKind::kUsage, "unknown schedule '{}': known are constant, cosine", options.schedule);
  if (step < options.warmup_steps) return options.learning_rate * static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  if (options.schedule == "constant") return options.learning_rate;
  const double done = static_cast<double>(step - options.warmup_steps) / static_cast<double>(std::max<int64_t>(total_steps - options.warmup_steps, 1));
  return options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * std::min(done, 1.0)));
}

}  // namespace rechub
