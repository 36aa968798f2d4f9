#include "rechub/train/warm_start.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/bundle/bundle.h"
#include "rechub/data/recode.h"
#include "rechub/train/new_rows.h"

namespace rechub {
namespace {

const FeatureSpec* spec_of_space(const Schema& schema, const std::string& space) {
  for (const std::vector<FeatureSpec>* specs : {&schema.item, &schema.user, &schema.history, &schema.context}) {
    for (const FeatureSpec& spec : *specs) {
      if (spec.kind != FeatureKind::kDense && spec.space == space) return &spec;
    }
  }
  return nullptr;
}

// Which row of the trained model's tables is behind each row of the new ones.
class Origins {
 public:
  Origins(const Dataset& from, const Dataset& to, bool ids_are_others)
      : from_(from),
        to_(to),
        before_(make_schema(from)),
        now_(make_schema(to)),
        users_are_others_(ids_are_others || users_are_lines(from) || users_are_lines(to)),
        items_are_others_(ids_are_others) {}

  // kUnknownIndex where a row is new; nothing where the spaces have nothing in common.
  std::optional<std::vector<int32_t>> of(const std::string& space) const {
    if (space == kItemSpace) return of_ids(to_.item_ids(), from_.item_ids(), items_are_others_);
    if (space == kUserSpace) return of_ids(to_.user_ids(), from_.user_ids(), users_are_others_);
    const FeatureSpec *before = spec_of_space(before_, space), *now = spec_of_space(now_, space);
    if (!before || !now || before->encoding != now->encoding) return std::nullopt;
    if (has_vocabulary(*now)) return code_map(to_.space(space), from_.space(space));
    if (before->rows != now->rows || before->boundaries != now->boundaries) return std::nullopt;
    std::vector<int32_t> same(static_cast<size_t>(now->rows));
    std::iota(same.begin(), same.end(), 0);
    return same;
  }

 private:
  static std::vector<int32_t> of_ids(const Vocabulary& to, const Vocabulary& from, bool are_others) {
    std::vector<int32_t> rows = code_map(to, from);
    if (are_others) std::fill(rows.begin() + kFirstIndex, rows.end(), kUnknownIndex);
    return rows;
  }

  const Dataset &from_, &to_;
  Schema before_, now_;
  bool users_are_others_, items_are_others_;
};

// The columns of a weight over features, from those of the trained one that read the same; a feature that is new counts nothing at first, so that vectors stay as they were.
// Returns what moved and what did not; nothing where no column has an origin.
std::optional<std::string> move_columns(const DenseParameter* from, DenseParameter& to) {
  const at::Tensor weight = to.value.detach();
  if (to.inputs.empty() || (from && (from->inputs.empty() || from->value.size(0) != weight.size(0))) || (!from && !to.bypass)) return std::nullopt;
  std::map<std::string, at::Tensor> origins;
  int64_t begin = 0;
  if (!from) origins.emplace(to.inputs[0].name, at::eye(weight.size(0), to.inputs[0].width, weight.options()) * *to.bypass);
  for (const InputBlock& block : from ? from->inputs : std::vector<InputBlock>()) {
    origins.emplace(block.name, from->value.narrow(1, begin, block.width));
    begin += block.width;
  }
  const auto origin_of = [&](const InputBlock& block) {
    const auto found = origins.find(block.name);
    return found != origins.end() && found->second.size(1) == block.width ? &found->second : nullptr;
  };
  if (std::none_of(to.inputs.begin(), to.inputs.end(), origin_of)) return std::nullopt;
  weight.zero_();
  std::vector<std::string> moved, fresh;
  begin = 0;
  for (const InputBlock& block : to.inputs) {
    const at::Tensor* origin = origin_of(block);
    if (origin) weight.narrow(1, begin, block.width).copy_(*origin);
    (origin ? moved : fresh).push_back(block.name);
    begin += block.width;
  }
  if (!from) return fmt::format("{}: the trained model has no such layer; it begins as what does nothing", to.name);
  return fmt::format("{}: the columns of {} are those of the trained model{}", to.name, fmt::join(moved, ", "),
                     fresh.empty() ? "" : fmt::format(", those of {} begin at 0", fmt::join(fresh, ", ")));
}

bool same_inputs(const DenseParameter& a, const DenseParameter& b) {
  return std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                    [](const InputBlock& x, const InputBlock& y) { return x.name == y.name && x.width == y.width; });
}

}  // namespace

std::vector<std::string> start_from(const ParameterSet& source, const Dataset& source_data, const Dataset& dataset, const Split& split, ParameterSet& parameters,
                                    bool ids_are_others) {
  at::NoGradGuard no_grad;
  std::map<std::string, const DenseParameter*> known;
  for (const DenseParameter& parameter : source.dense()) known.emplace(parameter.name, &parameter);
  std::map<std::string, at::Tensor> known_tables;
  for (const TableParameter& table : source.tables()) known_tables.emplace(table.name, table.values);
  std::vector<std::string> sentences, fresh;
  const Origins origins(source_data, dataset, ids_are_others);
  std::vector<std::string> columns;
  int64_t moved = 0, moved_columns = 0, moved_rows = 0;
  for (DenseParameter& parameter : parameters.dense()) {
    const auto found = known.find(parameter.name);
    const DenseParameter* from = found == known.end() ? nullptr : found->second;
    if (from && from->value.sizes() == parameter.value.sizes() && same_inputs(*from, parameter)) {
      parameter.value.detach().copy_(from->value);
      ++moved;
    } else if (const auto sentence = move_columns(from, parameter)) {
      columns.push_back(*sentence);
      moved_columns += from != nullptr;
    } else {
      fresh.push_back(parameter.name);
    }
  }
  sentences.push_back(fmt::format("{} of {} tensors are those of the trained model", moved, parameters.dense().size()));
  sentences.insert(sentences.end(), columns.begin(), columns.end());
  for (TableParameter& table : parameters.tables()) {
    const auto found = known_tables.find(table.name);
    const auto origin = found != known_tables.end() && found->second.size(1) == table.values.size(1) ? origins.of(table.space) : std::nullopt;
    if (!origin) {
      fresh.push_back(table.name);
      continue;
    }
    table.values.copy_(found->second.index_select(0, at::tensor(std::vector<int64_t>(origin->begin(), origin->end()), at::kLong)));
    const int64_t rows = table.values.size(0) - kFirstIndex, unknown = std::count(origin->begin() + kFirstIndex, origin->end(), kUnknownIndex);
    moved_rows += rows - unknown;
    std::string sentence = fmt::format("{}: {} of {} rows are known", table.name, rows - unknown, rows);
    if (unknown > 0) sentence += "; of the others, " + start_new_rows(dataset, split, table, *origin);
    sentences.push_back(sentence);
  }
  check(moved + moved_columns + moved_rows > 0, ErrorKind::kUsage,
        "nothing of the trained model fits this model and data: there is no tensor of the same name and shape, and no id or value in common");
  if (!fresh.empty()) sentences.push_back(fmt::format("fresh, since there is nothing of that name and shape: {}", fmt::join(fresh, ", ")));
  return sentences;
}

void freeze(const std::vector<std::string>& patterns, ParameterSet& parameters) {
  std::vector<std::string> names;
  for (const auto& [name, value] : named_tensors(parameters)) names.push_back(name);
  const auto matches = [](const std::string& pattern, const std::string& name) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
  for (const std::string& pattern : patterns) {
    check(std::any_of(names.begin(), names.end(), [&](const std::string& name) { return matches(pattern, name); }), ErrorKind::kUsage,
          "freeze: no parameter is named {}; there are {}", pattern, fmt::join(names, ", "));
  }
  const auto is_frozen = [&](const std::string& name) { return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) { return matches(pattern, name); }); };
  bool is_any_left = false;
  for (DenseParameter& parameter : parameters.dense()) {
    if (parameter.trained && is_frozen(parameter.name)) parameter.trained = false, parameter.value.requires_grad_(false);
    is_any_left |= parameter.trained;
  }
  for (TableParameter& table : parameters.tables()) {
    table.trained = !is_frozen(table.name);
    is_any_left |= table.trained;
  }
  check(is_any_left, ErrorKind::kUsage, "freeze: {} leaves nothing to train", fmt::join(patterns, ", "));
  std::erase_if(names, [&](const std::string& name) { return !is_frozen(name); });
  if (!names.empty()) log_info("frozen: {}", fmt::join(names, ", "));
}

}  // namespace rechub
