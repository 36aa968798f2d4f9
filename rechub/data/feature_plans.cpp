#include "rechub/data/feature_plans.h"

#include <algorithm>

#include <arrow/type.h>
#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/schema.h"

namespace rechub {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& list, const std::string& text) { return std::find(list.begin(), list.end(), text) != list.end(); }

class Planner {
 public:
  explicit Planner(const PrepareOptions& options) : options_(options), overrides_(read_feature_overrides(options.features)) {}

  FeaturePlans plan() {
    plan_users();
    plan_items();
    plan_vectors();
    plan_events();
    plan_sequences();
    check_names();
    add_crosses();
    resolve_shared_spaces();
    return std::move(plans_);
  }

 private:
  void plan_users();
  void plan_items();
  void plan_vectors();
  void plan_events();
  void plan_sequences();
  void check_names() const;
  void add_crosses();
  void resolve_shared_spaces();
  std::string id_column(const Names& files, ColumnRole role, const std::string& wanted, const char* what);
  Names feature_columns(const Names& files, const std::string& id);
  PlanRules rules(const std::string& table) const;
  void remember(const TablePlan& plan);
  std::vector<FeaturePlan*> all_features();

  const PrepareOptions& options_;
  FeatureOverrides overrides_;
  FeaturePlans plans_;
  Names used_names_, seen_columns_;  // names of features; columns of all files, for the nearest name
};

PlanRules Planner::rules(const std::string& table) const {
  return {.table = table, .text_columns = options_.text_cols, .used_names = used_names_, .text_buckets = options_.text_buckets, .missing = options_.missing};
}

void Planner::remember(const TablePlan& plan) {
  for (const FeaturePlan& feature : plan.features) used_names_.push_back(feature.spec.name);
}

std::string Planner::id_column(const Names& files, ColumnRole role, const std::string& wanted, const char* what) {
  const auto schema = open_table(files, table_options(options_))->schema();
  // The name of the interactions' column holds only where this file has it, too.
  const bool has_wanted = !wanted.empty() && schema->GetFieldIndex(wanted) >= 0;
  const int index = find_column(*schema, role, has_wanted ? wanted : "");
  check(index >= 0, ErrorKind::kData, "{}: no column looks like the {}'s id; name it as in the interactions, or with --{}-col in both; the columns are {}", shown_path(files[0]),
        what, what, fmt::join(schema->field_names(), ", "));
  return schema->field(index)->name();
}

Names Planner::feature_columns(const Names& files, const std::string& id) {
  Names columns;
  for (const std::string& name : open_table(files, table_options(options_))->schema()->field_names()) {
    seen_columns_.push_back(name);
    if (name != id && !contains(options_.ignore_cols, name)) columns.push_back(name);
  }
  return columns;
}

void Planner::plan_users() {
  if (options_.user_features.empty()) return;
  plans_.user_id = id_column(options_.user_features, ColumnRole::kUser, options_.user_col, "user");
  plans_.user = plan_features(options_.user_features, table_options(options_), feature_columns(options_.user_features, plans_.user_id), rules("user"), overrides_);
  remember(plans_.user);
}

void Planner::plan_items() {
  if (options_.item_features.empty()) return;
  plans_.item_id = id_column(options_.item_features, ColumnRole::kItem, options_.item_col, "item");
  plans_.item = plan_features(options_.item_features, table_options(options_), feature_columns(options_.item_features, plans_.item_id), rules("item"), overrides_);
  remember(plans_.item);
}

void Planner::plan_vectors() {
  if (options_.item_vectors.empty()) return;
  if (std::any_of(options_.item_vectors.begin(), options_.item_vectors.end(), [](const std::string& file) { return file.ends_with(".npy"); })) {
    check(
        options_.item_vectors.size() == 1, ErrorKind::kUsage,
        "item_vectors: a .npy file stands alone, and there are {} files; put all vectors into one array, side by side (numpy.hstack), or into Parquet files with the item's id, a "
        "column of lists for each",
        options_.item_vectors.size());
    check(!options_.item_features.empty(), ErrorKind::kUsage,
          "item_vectors: the rows of a .npy file follow those of the item file; name it with item_features, or give the vectors with the item's id in a Parquet file");
    plans_.npy_vectors = options_.item_vectors[0];
    used_names_.emplace_back("item_vector");
    return;
  }
  plans_.vector_id = id_column(options_.item_vectors, ColumnRole::kItem, options_.item_col, "item");
  plans_.vectors = plan_features(options_.item_vectors, table_options(options_), feature_columns(options_.item_vectors, plans_.vector_id), rules("item"), overrides_);
  for (const FeaturePlan& feature : plans_.vectors.features) {
    check(feature.spec.kind == FeatureKind::kDense && feature.spec.width == 0, ErrorKind::kUsage,
          "{}: the column '{}' holds no lists of numbers; other features belong into item_features", options_.item_vectors[0], feature.column);
  }
  remember(plans_.vectors);
}

void Planner::plan_events() {
  Names columns = options_.context_cols;
  for (const std::string& name : options_.history_cols) {
    check(!contains(columns, name), ErrorKind::kUsage, "the column '{}' is named in context_cols and in history_cols; it can be one of them", name);
    columns.push_back(name);
  }
  if (!options_.event_type_col.empty() && !contains(columns, options_.event_type_col)) columns.push_back(options_.event_type_col);
  if (columns.empty()) return;
  const TableOptions format{.format = options_.format, .max_bad_rows = options_.max_bad_rows};
  const Names known = open_table(options_.interactions, format)->schema()->field_names();
  for (const std::string& name : columns) {
    if (!contains(known, name)) throw Error(ErrorKind::kData, shown_path(options_.interactions[0]) + ": " + unknown_name_message("column", name, known));
  }
  plans_.event = plan_features(options_.interactions, format, columns, rules("event"), overrides_);
  for (const IgnoredColumn& ignored : plans_.event.ignored) {
    fail(ErrorKind::kUsage, "the column '{}' of the interactions cannot be a feature: {}", ignored.column, ignored.why);
  }
  for (FeaturePlan& feature : plans_.event.features) {
    feature.spec.role = contains(options_.context_cols, feature.column) ? EventRole::kContext : EventRole::kHistory;
    check(feature.spec.width == 1, ErrorKind::kUsage, "the column '{}' of the interactions holds vectors, which only items have", feature.column);
    check(feature.num_buckets < 0, ErrorKind::kUsage, "[features.{}]: a column of the interactions needs boundaries = [...] instead of num_buckets", feature.column);
  }
  remember(plans_.event);
}

void Planner::plan_sequences() {
  plans_.sequences = plan_named_sequences(options_, rules("sequence"), overrides_);
  for (const SequencePlan& sequence : plans_.sequences) {
    used_names_.push_back(sequence.feature.spec.name);
    seen_columns_.push_back(sequence.feature.column);
  }
}

void Planner::check_names() const {
  for (const auto& [name, said] : overrides_) {
    if (said.is_used) continue;
    Names known = seen_columns_;
    for (const FeaturePlan& feature : plans_.event.features) known.push_back(feature.column);
    throw Error(ErrorKind::kUsage, options_.features + ": " + unknown_name_message("feature", name, known));
  }
  for (const std::string& name : options_.text_cols) {
    const bool is_known = contains(seen_columns_, name) || contains(options_.context_cols, name) || contains(options_.history_cols, name);
    if (!is_known) throw Error(ErrorKind::kUsage, "text_cols: " + unknown_name_message("column", name, seen_columns_));
  }
}

// The place of a sparse feature in a table, or nothing.
int find_sparse(const TablePlan& table, const std::string& name) {
  for (size_t i = 0; i < table.features.size(); ++i) {
    const FeatureSpec& spec = table.features[i].spec;
    if (spec.name == name && spec.kind == FeatureKind::kSparse) return static_cast<int>(i);
  }
  return -1;
}

void Planner::add_crosses() {
  for (const std::string& cross : options_.crosses) {
    const size_t star = cross.find('*');
    check(star != std::string::npos && star > 0 && star + 1 < cross.size(), ErrorKind::kUsage, "crosses: two features with a * between them are expected, as gender*age, got '{}'",
          cross);
    const std::string first = cross.substr(0, star), second = cross.substr(star + 1);
    bool is_found = false;
    for (TablePlan* table : {&plans_.user, &plans_.item, &plans_.event}) {
      const int a = find_sparse(*table, first), b = find_sparse(*table, second);
      if (a < 0 || b < 0) continue;
      is_found = true;
      CrossPlan& plan = table->crosses.emplace_back();
      plan.first = static_cast<size_t>(a);
      plan.second = static_cast<size_t>(b);
      plan.spec.name = plan.spec.space = cross;
      plan.spec.role = table->features[plan.first].spec.role;
      plan.spec.encoding = "cross";
      plan.spec.inputs = {first, second};
      const bool same_role = table->features[plan.second].spec.role == plan.spec.role;
      check(same_role, ErrorKind::kUsage, "crosses: of '{}' one half is context and the other history; they cannot be crossed", cross);
      break;
    }
    check(is_found, ErrorKind::kUsage, "crosses: '{}' does not name two sparse features of one table; {}", cross,
          used_names_.empty() ? "there are no features: give user_features, item_features, context_cols or history_cols"
                              : fmt::format("the features are {}", fmt::join(used_names_, ", ")));
  }
}

std::vector<FeaturePlan*> Planner::all_features() {
  std::vector<FeaturePlan*> all;
  for (TablePlan* table : {&plans_.user, &plans_.item, &plans_.vectors, &plans_.event}) {
    for (FeaturePlan& feature : table->features) all.push_back(&feature);
  }
  for (SequencePlan& sequence : plans_.sequences) all.push_back(&sequence.feature);
  return all;
}

void Planner::resolve_shared_spaces() {
  const std::vector<FeaturePlan*> all = all_features();
  for (FeaturePlan* feature : all) {
    FeatureSpec& spec = feature->spec;
    if (spec.kind == FeatureKind::kDense || spec.space == spec.name || spec.space == kItemSpace) continue;
    const auto found = std::find_if(all.begin(), all.end(), [&](const FeaturePlan* other) { return other->spec.name == spec.space || other->column == spec.space; });
    const bool fits = found != all.end() && (*found)->spec.kind != FeatureKind::kDense && (*found)->spec.encoding == "value";
    if (!fits) throw Error(ErrorKind::kUsage, fmt::format("[features.{}] shared_with: ", feature->column) + unknown_name_message("sparse feature", spec.space, used_names_));
    const bool is_owner = (*found)->spec.space == (*found)->spec.name || (*found)->spec.space == kItemSpace;
    check(is_owner, ErrorKind::kUsage, "[features.{}] shared_with: '{}' shares the vocabulary of '{}' itself; name that one", feature->column, spec.space, (*found)->spec.space);
    spec.space = (*found)->spec.space;
  }
}

void log_table(const char* name, const TablePlan& table, const LogLine& log) {
  for (const FeaturePlan& feature : table.features) log(fmt::format("{} feature {}", name, describe_plan(feature)));
  for (const CrossPlan& cross : table.crosses) log(fmt::format("{} feature {}: sparse (cross)", name, cross.spec.name));
  for (const IgnoredColumn& ignored : table.ignored) log(fmt::format("{} column {} is left out: {}", name, ignored.column, ignored.why));
}

}  // namespace

bool is_feature_name(const FeaturePlans& plans, const std::string& name) {
  const auto has = [&](const TablePlan& table) {
    return std::any_of(table.features.begin(), table.features.end(), [&](const FeaturePlan& plan) { return plan.spec.name == name; });
  };
  return has(plans.user) || has(plans.item) || has(plans.event) || has(plans.vectors);
}

TableOptions table_options(const PrepareOptions& options) {
  // Sequences and sessions are formats of interactions only.
  const bool is_shared = options.format != "sequences" && options.format != "sessions";
  return {.format = is_shared ? options.format : "auto", .max_bad_rows = options.max_bad_rows};
}

FeaturePlans plan_all_features(const PrepareOptions& options, const LogLine& log) {
  FeaturePlans plans = Planner(options).plan();
  log_table("user", plans.user, log);
  log_table("item", plans.item, log);
  log_table("item", plans.vectors, log);
  log_table("event", plans.event, log);
  for (const SequencePlan& sequence : plans.sequences) log(fmt::format("sequence {}", describe_plan(sequence.feature)));
  return plans;
}

}  // namespace rechub
