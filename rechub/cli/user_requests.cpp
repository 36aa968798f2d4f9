#include "rechub/cli/user_requests.h"

#include <algorithm>
#include <fstream>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/base/registry.h"
#include "rechub/data/cells.h"
#include "rechub/data/encoder.h"
#include "rechub/data/raw_id.h"
#include "rechub/data/table.h"

namespace rechub::cli {
namespace {

constexpr size_t kPiece = 1024;
const std::vector<std::string> kRequestKeys = {"user", "history", "features", "sequences"};

int32_t known_row(const Vocabulary& vocabulary, const std::string& id, const char* what) {
  const int32_t row = vocabulary.find(id);
  if (row != kUnknownIndex) return row;
  throw UnknownId(fmt::format("there is no {0} '{1}': the data set has {2} {0}s{3}", what, id, vocabulary.size(),
                              vocabulary.size() > 0 ? fmt::format(", for example '{}'", vocabulary.text(kFirstIndex)) : ""));
}

void read_json_lines(const Dataset& dataset, const std::string& path, const std::function<void(std::span<const NamedRequest>)>& take) {
  std::ifstream file(path);
  check(file.good(), ErrorKind::kNotFound, "{}: there is no such file", path);
  std::vector<NamedRequest> piece;
  int64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty()) continue;
    const std::string source = fmt::format("{}, line {}", path, number);
    piece.push_back(request_from_json(dataset, parse_json(line, source), source));
    if (piece.size() == kPiece) take(piece), piece.clear();
  }
  check(number > 0, ErrorKind::kData, "{}: the file is empty", path);
  if (!piece.empty()) take(piece);
}

// Calls row(id) for each cell of the column that plays `role`.
void read_ids(const Dataset& dataset, const std::string& path, ColumnRole role, const std::string& role_name, const std::function<void(const std::string&)>& row) {
  const auto reader = open_table({path}, {});
  // The name of the data set's column holds only where this file has it, too.
  const std::string of_data = dataset.manifest().value("columns", nlohmann::json::object()).value(role_name, "");
  const int same = of_data.empty() ? -1 : reader->schema()->GetFieldIndex(of_data);
  const int column = same >= 0 ? same : find_column(*reader->schema(), role, "");
  check(column >= 0, ErrorKind::kData, "{}: no column of {} ids was found; its name should be '{}'; the columns are {}", path, role_name, of_data.empty() ? role_name : of_data,
        fmt::join(reader->schema()->field_names(), ", "));
  while (const auto batch = reader->next()) {
    Cells cells(*reader, *batch, column);
    cells.take_as_ids();
    for (int64_t i = 0; i < cells.size(); ++i) {
      check(!cells.is_missing(i), ErrorKind::kData, "{}, column '{}': the id is empty", reader->where(i), cells.name());
      if (const auto id = cells.text(i)) row(std::string(*id));
    }
  }
}

}  // namespace

int32_t user_row(const Dataset& dataset, const std::string& id) { return known_row(dataset.user_ids(), id, "user"); }
int32_t item_row(const Dataset& dataset, const std::string& id) { return known_row(dataset.item_ids(), id, "item"); }

NamedRequest request_from_json(const Dataset& dataset, const nlohmann::json& object, const std::string& source) {
  check(object.is_object() && object.contains("user"), ErrorKind::kData, "{}: expected an object with \"user\"", source);
  for (const auto& [key, value] : object.items()) {
    check(std::find(kRequestKeys.begin(), kRequestKeys.end(), key) != kRequestKeys.end(), ErrorKind::kData, "{}: {}", source, unknown_name_message("key", key, kRequestKeys));
  }
  NamedRequest request;
  request.name = raw_id(object.at("user"), source);
  request.request.user = dataset.user_ids().find(request.name);
  if (object.contains("history")) {
    check(object.at("history").is_array(), ErrorKind::kData, "{}: \"history\" must be a list of item ids", source);
    std::vector<std::string> ids;
    for (const nlohmann::json& id : object.at("history")) ids.push_back(raw_id(id, source));
    request.request.history = known_history(dataset, ids).items;
  }
  request.request.given = GivenValues(dataset, object.value("features", nlohmann::json()), object.value("sequences", nlohmann::json()), source);
  return request;
}

void UnknownValues::count(const RetrievalRequest& request) {
  for (const std::string& name : request.given.unknown()) ++requests_[name];
}

void UnknownValues::warn() const {
  for (const auto& [name, count] : requests_) log_warning("{} of the requests give '{}' a value that training never saw: it counts as unknown", count, name);
}

void read_users(const Dataset& dataset, const std::string& path, const std::function<void(std::span<const NamedRequest>)>& take) {
  if (path.ends_with(".jsonl") || path.ends_with(".json")) return read_json_lines(dataset, path, take);
  std::vector<NamedRequest> piece;
  read_ids(dataset, path, ColumnRole::kUser, "user", [&](const std::string& id) {
    piece.push_back({id, {dataset.user_ids().find(id), std::nullopt}});
    if (piece.size() == kPiece) take(piece), piece.clear();
  });
  if (!piece.empty()) take(piece);
}

std::vector<uint8_t> read_item_set(const Dataset& dataset, const std::string& path, int64_t& num_unknown) {
  std::vector<uint8_t> set(dataset.item_rows());
  const auto add = [&](const std::string& id) {
    const int32_t row = dataset.item_ids().find(id);
    if (row == kUnknownIndex) ++num_unknown;
    if (row != kUnknownIndex) set[row] = 1;
  };
  if (!path.ends_with(".txt")) {
    read_ids(dataset, path, ColumnRole::kItem, "item", add);
    return set;
  }
  std::ifstream file(path);
  check(file.good(), ErrorKind::kNotFound, "{}: there is no such file", path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) add(line);
  }
  return set;
}

}  // namespace rechub::cli
