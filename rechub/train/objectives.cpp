#include "rechub/train/objectives.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/vocabulary.h"
#include "rechub/losses/loss.h"

namespace rechub {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

float number_in(const std::string& text) {
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : kMissing;
}

// The numbers of an event column: a dense one's own, or what the values of a sparse one say (0 and 1 are usually read as a sparse column).
std::vector<float> numbers_of(const FeatureColumn& column, const Dataset& dataset) {
  const FeatureSpec& spec = column.spec;
  if (spec.kind == FeatureKind::kDense && spec.width == 1) return {column.values.begin(), column.values.end()};
  check(spec.kind == FeatureKind::kSparse && spec.encoding == "value", ErrorKind::kUsage, "objective {}: its column should hold one number an event", spec.name);
  const Vocabulary& values = dataset.space(spec.space);
  std::vector<float> by_code(2, kMissing), numbers;
  for (int32_t code = kFirstIndex; code < values.rows(); ++code) by_code.push_back(number_in(values.text(code)));
  for (int32_t code : column.codes) numbers.push_back(by_code[code]);
  return numbers;
}

const FeatureColumn& find_column(const std::string& name, const Dataset& dataset) {
  std::vector<std::string> known;
  for (const FeatureColumn& column : dataset.event_features()) {
    if (column.spec.name == name) return column;
    known.push_back(column.spec.name);
  }
  check(!known.empty(), ErrorKind::kUsage, "objective {}: the events have no columns; prepare the data with history_cols or context_cols", name);
  fail(ErrorKind::kUsage, "objective: {}", unknown_name_message("column of the events", name, known));
}

void check_range(const std::string& name, const std::string& loss, const std::vector<float>& labels) {
  for (size_t event = 0; event < labels.size(); ++event) {
    const float label = labels[event];
    if (std::isnan(label)) continue;
    check(loss != "bce" || (label >= 0 && label <= 1), ErrorKind::kData, "objective {}, event {}: bce takes labels from 0 to 1, got {}; mse takes any number", name, event, label);
    check(loss != "reward" || (label >= 0 && std::isfinite(label)), ErrorKind::kData, "objective {}, event {}: a reward should be 0 or more, got {}", name, event, label);
  }
}

// To mean 0 and standard deviation 1 over the training events.
void standardise(const Dataset& dataset, const Split& split, std::vector<float>& labels) {
  double sum = 0, squares = 0, count = 0;
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    for (int64_t event = dataset.user_begin()[user]; event < split.train_end[user]; ++event) {
      if (!std::isnan(labels[event])) sum += labels[event], squares += labels[event] * labels[event], ++count;
    }
  }
  const double mean = sum / std::max(count, 1.0), deviation = std::sqrt(std::max(squares / std::max(count, 1.0) - mean * mean, 1e-12));
  for (float& label : labels) label = static_cast<float>((label - mean) / deviation);
}

// The mean over readouts whose label is known.
at::Tensor known_mean(const at::Tensor& losses, const at::Tensor& labels, const at::Tensor& weights) {
  const at::Tensor known = at::logical_not(at::isnan(labels)).to(losses.scalar_type());
  return weighted_mean(losses, weights.defined() ? weights * known : known);
}

}  // namespace

Objectives::Objectives(const std::vector<std::string>& asked, const Dataset& dataset, const Split& split, int64_t dim, ParameterSet& parameters) {
  const std::vector<std::string> losses = {"bce", "mse", "reward"};
  for (const std::string& text : asked) {
    const size_t second = text.rfind(':'), first = second == std::string::npos || second == 0 ? std::string::npos : text.rfind(':', second - 1);
    check(first != std::string::npos && first > 0, ErrorKind::kUsage, "objective '{}': expected NAME:LOSS:WEIGHT, as watch_time:mse:0.1", text);
    Entry entry;
    entry.name = text.substr(0, first);
    entry.loss = text.substr(first + 1, second - first - 1);
    entry.weight = number_in(text.substr(second + 1));
    check_known("loss", entry.loss, losses, "objective '" + text + "'");
    check(std::isfinite(entry.weight) && entry.weight >= 0, ErrorKind::kUsage, "objective '{}': its weight should be a number of 0 or more", text);
    entry.labels = numbers_of(find_column(entry.name, dataset), dataset);
    check_range(entry.name, entry.loss, entry.labels);
    if (entry.loss == "mse") standardise(dataset, split, entry.labels);
    if (entry.loss != "reward") {
      entry.head = parameters.add(kObjectivePrefix + entry.name + "." + entry.loss + ".weight", {dim}, Init::ones());
      entry.bias = parameters.add(kObjectivePrefix + entry.name + "." + entry.loss + ".bias", {1}, Init::zeros());
    }
    entries_.push_back(std::move(entry));
  }
}

std::vector<float> Objectives::labels(const std::vector<int64_t>& events) const {
  std::vector<float> out;
  for (const Entry& entry : entries_) {
    for (int64_t event : events) out.push_back(entry.labels[event]);
  }
  return out;
}

at::Tensor Objectives::loss(const at::Tensor& users, const at::Tensor& targets, const at::Tensor& labels, const at::Tensor& weights, const MainLoss& main) const {
  at::Tensor total = at::zeros({}, users.options());
  for (size_t o = 0; o < entries_.size(); ++o) {
    const Entry& entry = entries_[o];
    const at::Tensor own = labels.select(0, static_cast<int64_t>(o));  // [R]
    if (entry.loss == "reward") {
      const at::Tensor rewards = at::nan_to_num(own, 0.0);
      total = total + entry.weight * main(weights.defined() ? weights * rewards : rewards);
      continue;
    }
    const at::Tensor prediction = at::mv(users * targets, entry.head) + entry.bias;  // [R]
    const at::Tensor wanted = at::where(at::isnan(own), prediction.detach(), own);
    const at::Tensor losses = entry.loss == "bce" ? at::softplus(prediction) - wanted * prediction : at::square(prediction - wanted);
    total = total + entry.weight * known_mean(losses, own, weights);
  }
  return total;
}

}  // namespace rechub
