#include "rechub/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/base/registry.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kRowsPerPiece = 256;

double squared_norm(const at::Tensor& gradient, const std::string& name) {
  const double squares = gradient.square().sum(at::kDouble).item<double>();
  check(std::isfinite(squares), ErrorKind::kData, "the gradient of {} is not finite. Try a smaller learning_rate, or clip_norm; the last checkpoint is kept", name);
  return squares;
}

at::Tensor with_penalty(const at::Tensor& gradient, const at::Tensor& values, double l1, double l2) {
  if (!gradient.defined() || (l1 == 0 && l2 == 0)) return gradient;
  at::NoGradGuard no_grad;
  return gradient + l1 * values.sign() + 2 * l2 * values;
}

at::Tensor leaf_values(const at::Tensor& table, const LeafRows& leaf) {
  if (leaf.is_whole) return table.narrow(0, leaf.first_row, table.size(0) - leaf.first_row);
  return table.index_select(0, at::tensor(leaf.rows, at::kLong));
}

bool is_norm(const std::string& name) { return name.find("norm.") != std::string::npos; }

}  // namespace

Optimizer::Optimizer(const OptimizerOptions& options, ParameterSet& parameters) : options_(options), parameters_(parameters) {
  check_known("optimizer", options.optimizer, {"adam", "adagrad", "sgd"});
  const auto make_slot = [&](const std::string& name, const at::Tensor& values, bool trained = true) {
    Slot slot{name, values, {}, {}, {}};
    if (!trained) return slot;  // only there so that slots and tables have the same numbers
    if (options.optimizer == "adam") slot.first = at::zeros_like(values), slot.steps = at::zeros({values.size(0)}, at::kInt);
    if (options.optimizer != "sgd") slot.second = at::zeros_like(values);
    return slot;
  };
  for (const DenseParameter& parameter : parameters.dense()) {
    if (parameter.trained) dense_.push_back(make_slot(parameter.name, parameter.value.detach().view({1, -1})));
  }
  for (const TableParameter& table : parameters.tables()) tables_.push_back(make_slot(table.name, table.values, table.trained));
}

double Optimizer::step(std::vector<at::Tensor> leaf_gradients, const std::vector<const LeafRows*>& leaves, double learning_rate) {
  double squares = 0;
  std::vector<at::Tensor> dense_gradients;
  for (const DenseParameter& parameter : parameters_.dense()) {
    if (!parameter.trained) continue;
    const double l1 = is_norm(parameter.name) ? 0 : options_.dense_l1, l2 = is_norm(parameter.name) ? 0 : options_.dense_l2;
    dense_gradients.push_back(with_penalty(parameter.value.grad(), parameter.value, l1, l2));
    if (dense_gradients.back().defined()) squares += squared_norm(dense_gradients.back(), parameter.name);
  }
  for (size_t t = 0; t < tables_.size(); ++t) {
    if (!leaf_gradients[t].defined()) continue;
    if (options_.embedding_l1 > 0 || options_.embedding_l2 > 0) {
      leaf_gradients[t] = with_penalty(leaf_gradients[t], leaf_values(tables_[t].values, *leaves[t]), options_.embedding_l1, options_.embedding_l2);
    }
    squares += squared_norm(leaf_gradients[t], tables_[t].name);
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
  const at::Tensor gradients = gradient.contiguous();
  RowUpdate all;
  all.values = slot.values.mutable_data_ptr<float>();
  all.width = slot.values.size(1);
  all.rows = leaf && !leaf->is_whole ? leaf->rows.data() : nullptr;
  all.first_row = leaf ? leaf->first_row : 0;
  all.count = gradients.size(0);
  all.gradients = gradients.const_data_ptr<float>();
  all.gradient_scale = static_cast<float>(clip_scale);
  all.learning_rate = static_cast<float>(learning_rate);
  all.weight_decay = static_cast<float>(options_.weight_decay);
  const OptimizerKernels& kernel = kernels().optimizer;
  parallel_for(all.count, kRowsPerPiece, [&](int64_t begin, int64_t end, int) {
    RowUpdate piece = all;
    piece.count = end - begin;
    piece.gradients += begin * all.width;
    if (all.rows) piece.rows += begin;
    if (!all.rows) piece.first_row += begin;
    if (options_.optimizer == "sgd") {
      kernel.sgd(piece);
    } else if (options_.optimizer == "adagrad") {
      kernel.adagrad(piece, slot.second.mutable_data_ptr<float>(), static_cast<float>(options_.epsilon));
    } else {
      AdamRows adam{slot.first.mutable_data_ptr<float>(), slot.second.mutable_data_ptr<float>(), slot.steps.mutable_data_ptr<int32_t>()};
      adam.beta1 = static_cast<float>(options_.beta1);
      adam.beta2 = static_cast<float>(options_.beta2);
      adam.epsilon = static_cast<float>(options_.epsilon);
      kernel.adam(piece, adam);
    }
  });
}

std::vector<std::pair<std::string, at::Tensor>> Optimizer::state() const {
  std::vector<std::pair<std::string, at::Tensor>> state;
  for (const std::vector<Slot>* slots : {&dense_, &tables_}) {
    for (const Slot& slot : *slots) {
      if (slot.first.defined()) state.emplace_back("first." + slot.name, slot.first);
      if (slot.second.defined()) state.emplace_back("second." + slot.name, slot.second);
      if (slot.steps.defined()) state.emplace_back("steps." + slot.name, slot.steps);
    }
  }
  return state;
}

double scheduled_learning_rate(const OptimizerOptions& options, int64_t step, int64_t total_steps) {
  if (step < options.warmup_steps) return options.learning_rate * static_cast<double>(step + 1) / static_cast<double>(options.warmup_steps);
  if (options.schedule == "constant") return options.learning_rate;
  const double done = static_cast<double>(step - options.warmup_steps) / static_cast<double>(std::max<int64_t>(total_steps - options.warmup_steps, 1));
  return options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * std::min(done, 1.0)));
}

}  // namespace rechub
