#include "rechub/data/feature_tables.h"

#include <algorithm>
#include <numeric>

#include "rechub/base/error.h"
#include "rechub/data/crosses.h"
#include "rechub/data/feature_files.h"
#include "rechub/data/memory_table.h"
#include "rechub/data/npy_file.h"

namespace rechub {
namespace {

std::vector<int32_t> all_rows(int32_t rows) {
  std::vector<int32_t> result(static_cast<size_t>(rows));
  std::iota(result.begin(), result.end(), 0);
  return result;
}

nlohmann::ordered_json describe(const FeatureRows& rows) { return {{"read", rows.num_rows}, {"unknown_ids", rows.num_left_out}, {"bad", rows.num_bad_rows}}; }

void check_ids_meet(const FeatureRows& rows, const std::vector<std::string>& files, const std::string& what) {
  check(rows.num_rows > 0, ErrorKind::kData, "{}: none of its {} ids occurs among the {}s of the interactions; are the ids spelled in the same way?", shown_path(files[0]),
        rows.num_left_out, what);
}

void add_crosses(const TablePlan& plan, FeatureSpaces& spaces, Vocabulary* items, std::vector<FeatureValues>& features) {
  for (const CrossPlan& cross : plan.crosses) {
    const FeatureValues &first = features[cross.first], &second = features[cross.second];
    CrossEncoder encoder(spaces.of(first.spec, items), spaces.of(second.spec, items), *spaces.of(cross.spec, items));
    FeatureValues crossed;
    crossed.spec = cross.spec;
    for (size_t row = 0; row < first.codes.size(); ++row) {
      crossed.codes.push_back(row == kPaddingIndex ? kPaddingIndex : encoder.code(first.codes[row], second.codes[row]));
    }
    features.push_back(std::move(crossed));
  }
}

// The user of each session as a feature.
FeatureValues user_of_session(const std::string& name, const Vocabulary& users, const std::vector<int32_t>& owner_user, FeatureSpaces& spaces) {
  FeatureValues feature;
  feature.spec.name = feature.spec.space = name;
  Vocabulary& kept = *spaces.of(feature.spec, nullptr);
  feature.codes = {kPaddingIndex, kUnknownIndex};
  for (size_t owner = kFirstIndex; owner < owner_user.size(); ++owner) {
    const auto number = users.integer(owner_user[owner]);
    feature.codes.push_back(number ? kept.add(*number) : kept.add(users.text(owner_user[owner])));
  }
  return feature;
}

class TableJoiner {
 public:
  TableJoiner(const PrepareOptions& options, const FeaturePlans& plans, const Interactions& log, FeatureSpaces& spaces, Numbering& numbering, const LogLine& log_line)
      : options_(options), plans_(plans), log_(log), spaces_(spaces), numbering_(numbering), log_line_(log_line) {}

  FeatureTables read() {
    join_users();
    join_items();
    return std::move(tables_);
  }

 private:
  void join_users();
  void join_items();
  void join_vectors();
  void join_npy(const FeatureRows& item_rows);

  const PrepareOptions& options_;
  const FeaturePlans& plans_;
  const Interactions& log_;
  FeatureSpaces& spaces_;
  Numbering& numbering_;
  const LogLine& log_line_;
  FeatureTables tables_;
};

void TableJoiner::join_users() {
  const bool has_sessions = !numbering_.owner_user.empty();
  const Vocabulary& users = !has_sessions ? numbering_.owners : log_.users.size() > 0 ? log_.users : log_.owners;
  const std::vector<int32_t> source = has_sessions ? numbering_.owner_user : all_rows(numbering_.owners.rows());
  if (!options_.user_features.empty()) {
    const auto index_of = [&](const RowId& id) { return id.find_in(users); };
    const FeatureRows rows = read_feature_rows(options_.user_features, table_options(options_), plans_.user_id, plans_.user, spaces_, &numbering_.items, index_of);
    check_ids_meet(rows, options_.user_features, "user");
    tables_.user = gather_feature_rows(rows, source, "user", [&](int32_t row) { return "'" + numbering_.owners.text(row) + "'"; });
    add_crosses(plans_.user, spaces_, &numbering_.items, tables_.user);
    tables_.report["user_rows"] = describe(rows);
    if (rows.num_left_out > 0) log_line_(fmt::format("{} rows of the user file belong to users without events and were left out", rows.num_left_out));
  }
  if (!has_sessions) return;
  const std::string& name = log_.columns.user;
  tables_.user.push_back(user_of_session(is_feature_name(plans_, name) ? "user_" + name : name, users, numbering_.owner_user, spaces_));
}

void TableJoiner::join_items() {
  if (!options_.item_features.empty()) {
    const auto index_of = [&](const RowId& id) { return options_.only_interacted_items ? id.find_in(numbering_.items) : id.add_to(numbering_.items); };
    const FeatureRows rows = read_feature_rows(options_.item_features, table_options(options_), plans_.item_id, plans_.item, spaces_, &numbering_.items, index_of);
    check_ids_meet(rows, options_.item_features, "item");
    const int64_t num_cold = numbering_.items.size() - numbering_.num_items;
    check(num_cold < rows.num_rows, ErrorKind::kData, "{}: none of its {} ids occurs among the items of the interactions; are the ids spelled in the same way?",
          shown_path(options_.item_features[0]), rows.num_rows);
    if (num_cold > 0) log_line_(fmt::format("{} items of the item file have no events; they join the catalogue (--only-interacted-items leaves them out)", num_cold));
    tables_.item = gather_feature_rows(rows, all_rows(numbering_.items.rows()), "item", [&](int32_t row) { return "'" + numbering_.items.text(row) + "'"; });
    tables_.report["item_rows"] = describe(rows);
    if (!plans_.npy_vectors.empty()) join_npy(rows);
  }
  add_crosses(plans_.item, spaces_, &numbering_.items, tables_.item);
  if (!plans_.vector_id.empty()) join_vectors();
}

void TableJoiner::join_vectors() {
  const auto index_of = [&](const RowId& id) { return id.find_in(numbering_.items); };
  const FeatureRows rows = read_feature_rows(options_.item_vectors, table_options(options_), plans_.vector_id, plans_.vectors, spaces_, &numbering_.items, index_of);
  check_ids_meet(rows, options_.item_vectors, "item");
  auto vectors = gather_feature_rows(rows, all_rows(numbering_.items.rows()), "item", [&](int32_t row) { return "'" + numbering_.items.text(row) + "'"; });
  for (FeatureValues& feature : vectors) tables_.item.push_back(std::move(feature));
  tables_.report["vector_rows"] = describe(rows);
}

// A vector for each row of the item file, brought into the form of a file of its own.
void TableJoiner::join_npy(const FeatureRows& item_rows) {
  const NpyFile npy = NpyFile::open(plans_.npy_vectors);
  const int64_t num_rows = item_rows.num_rows + item_rows.num_left_out;
  check(item_rows.num_bad_rows == 0 && npy.rows() == num_rows, ErrorKind::kData, "{}: {} vectors for {} readable and {} unreadable rows of {}; one a row is expected",
        plans_.npy_vectors, npy.rows(), num_rows, item_rows.num_bad_rows, options_.item_features[0]);
  FeatureRows rows;
  rows.row_of = item_rows.row_of;
  FeatureRows::Column& column = rows.columns.emplace_back();
  column.spec.name = "item_vector";
  column.spec.kind = FeatureKind::kDense;
  column.spec.width = npy.width();
  column.spec.missing = options_.missing;
  for (const int64_t place : item_rows.place_in_file) {
    npy.append_row(place, column.numbers);
    column.offsets.push_back(static_cast<int64_t>(column.numbers.size()));
  }
  auto vectors = gather_feature_rows(rows, all_rows(numbering_.items.rows()), "item", [&](int32_t row) { return "'" + numbering_.items.text(row) + "'"; });
  tables_.item.push_back(std::move(vectors[0]));
}

}  // namespace

void set_rows(FeatureTables& tables, const FeatureSpaces& spaces, int64_t item_rows) {
  for (auto* table : {&tables.user, &tables.item}) {
    for (FeatureValues& feature : *table) spaces.set_rows(feature.spec, item_rows);
  }
}

FeatureTables read_feature_tables(const PrepareOptions& options, const FeaturePlans& plans, const Interactions& log, FeatureSpaces& spaces, Numbering& numbering,
                                  const LogLine& log_line) {
  return TableJoiner(options, plans, log, spaces, numbering, log_line).read();
}

}  // namespace rechub
