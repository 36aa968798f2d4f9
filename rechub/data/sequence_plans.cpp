#include "rechub/data/sequence_plans.h"

#include <algorithm>

#include <arrow/type.h>
#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/feature_plans.h"
#include "rechub/data/list_cells.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/schema.h"

namespace rechub {
namespace {

// "NAME=FILE" or "NAME=FILE:COLUMN".
struct Source {
  std::string name, file, column;
};

Source parse(const std::string& text) {
  const size_t equals = text.find('=');
  check(equals != std::string::npos && equals > 0 && equals + 1 < text.size(), ErrorKind::kUsage,
        "sequences: NAME=FILE or NAME=FILE:COLUMN is expected, as searches=searches.csv, got '{}'", text);
  Source source{text.substr(0, equals), text.substr(equals + 1), ""};
  const size_t colon = source.file.rfind(':'), end_of_name = source.file.rfind(is_memory_table(source.file) ? '#' : '/');
  if (colon == std::string::npos || (end_of_name != std::string::npos && end_of_name > colon)) return source;
  source.column = source.file.substr(colon + 1);
  source.file.resize(colon);
  return source;
}

class SequencePlanner {
 public:
  SequencePlanner(const PrepareOptions& options, const std::string& name, const std::vector<std::string>& files, const std::string& column)
      : options_(options), name_(name), files_(files), schema_(open_table(files, table_options(options))->schema()), column_(column) {}

  SequencePlan plan(PlanRules rules, FeatureOverrides& overrides) {
    SequencePlan result;
    result.files = files_;
    result.user = find(ColumnRole::kUser, options_.user_col, "user");
    result.time = find(ColumnRole::kTime, options_.time_col, "time");
    find_values(result);
    rules.table = name_;
    result.feature = plan_values(rules, overrides);
    return result;
  }

 private:
  // The name of the interactions' column holds only where this file has it, too.
  std::string find(ColumnRole role, const std::string& wanted, const char* what) const {
    const bool has_wanted = !wanted.empty() && schema_->GetFieldIndex(wanted) >= 0;
    const int index = find_column(*schema_, role, has_wanted ? wanted : "");
    check(index >= 0, ErrorKind::kData, "{}: no column looks like the {} of the sequence '{}'; name it as in the interactions; the columns are {}", shown_path(files_[0]), what,
          name_, fmt::join(schema_->field_names(), ", "));
    return schema_->field(index)->name();
  }

  // Named; or the one column that is left; or the item's.
  void find_values(const SequencePlan& plan) {
    const std::vector<std::string> names = schema_->field_names();
    if (!column_.empty()) {
      const bool is_there = std::find(names.begin(), names.end(), column_) != names.end();
      if (!is_there) throw Error(ErrorKind::kData, shown_path(files_[0]) + ": " + unknown_name_message("column", column_, names));
      return;
    }
    std::vector<std::string> left;
    std::copy_if(names.begin(), names.end(), std::back_inserter(left), [&](const std::string& name) { return name != plan.user && name != plan.time; });
    const std::string items = item_column();
    column_ = left.size() == 1 ? left[0] : items;
    check(!column_.empty(), ErrorKind::kData, "{}: which column holds the values of the sequence '{}'? Say it as {}={}:COLUMN; the columns are {}", shown_path(files_[0]), name_,
          name_, shown_path(files_[0]), fmt::join(names, ", "));
  }

  std::string item_column() const {
    const bool has_wanted = !options_.item_col.empty() && schema_->GetFieldIndex(options_.item_col) >= 0;
    const int index = find_column(*schema_, ColumnRole::kItem, has_wanted ? options_.item_col : "");
    return index < 0 ? "" : schema_->field(index)->name();
  }

  FeaturePlan plan_values(const PlanRules& rules, FeatureOverrides& overrides) const {
    const bool is_list = ListCells::is_list(*schema_->GetFieldByName(column_)->type());
    // Values are codes whatever the column looks like: queries differ as a rule, and so do the numbers of items.
    FeatureOverrides said;
    const auto given = overrides.find(column_);
    if (given != overrides.end()) {
      given->second.is_used = true;
      said[column_] = given->second;
    }
    if (said[column_].kind.empty()) said[column_].kind = is_list ? "multi" : "sparse";
    const TablePlan planned = plan_features(files_, table_options(options_), {column_}, rules, said);
    const bool has_codes = planned.features.size() == 1 && planned.features[0].spec.kind != FeatureKind::kDense && planned.features[0].spec.encoding != "buckets";
    check(has_codes, ErrorKind::kUsage, "[features.{}]: the values of the sequence '{}' must be sparse, multi or text, got kind = \"{}\"", column_, name_, said[column_].kind);
    FeaturePlan feature = planned.features[0];
    feature.why = fmt::format("the column '{}' of {}", column_, files_[0]);
    FeatureSpec& spec = feature.spec;
    if (spec.space == spec.name) spec.space = column_ == item_column() ? kItemSpace : name_;
    spec.name = name_;
    spec.role = EventRole::kContext;
    return feature;
  }

  const PrepareOptions& options_;
  const std::string& name_;
  const std::vector<std::string>& files_;
  std::shared_ptr<arrow::Schema> schema_;
  std::string column_;
};

}  // namespace

std::vector<SequencePlan> plan_named_sequences(const PrepareOptions& options, const PlanRules& rules, FeatureOverrides& overrides) {
  std::vector<Source> sources;
  std::vector<std::vector<std::string>> files;
  for (const std::string& text : options.sequences) {
    const Source source = parse(text);
    const auto same = std::find_if(sources.begin(), sources.end(), [&](const Source& other) { return other.name == source.name; });
    if (same != sources.end()) {
      check(same->column == source.column, ErrorKind::kUsage, "sequences: all files of '{}' must have their values in one column, got '{}' and '{}'", source.name, same->column,
            source.column);
      files[static_cast<size_t>(same - sources.begin())].push_back(source.file);
      continue;
    }
    const bool is_taken =
        std::find(rules.used_names.begin(), rules.used_names.end(), source.name) != rules.used_names.end() || source.name == kItemSpace || source.name == kUserSpace;
    check(!is_taken, ErrorKind::kUsage, "sequences: the name '{}' is taken by a feature; choose another", source.name);
    sources.push_back(source);
    files.push_back({source.file});
  }
  std::vector<SequencePlan> plans;
  for (size_t i = 0; i < sources.size(); ++i) plans.push_back(SequencePlanner(options, sources[i].name, files[i], sources[i].column).plan(rules, overrides));
  return plans;
}

}  // namespace rechub
