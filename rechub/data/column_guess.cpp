#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/type.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rechub/base/error.h"
#include "rechub/base/options.h"
#include "rechub/data/table.h"

namespace rechub {
namespace {

// Names of a role, in small letters without separators. An earlier row is preferred to a later one; names in one row fit equally well. Every name also counts with "id" behind it.
struct RoleNames {
  ColumnRole role;
  const char* what;
  const char* flag;
  std::vector<std::vector<std::string_view>> rows;
};

const RoleNames& names_of(ColumnRole role) {
  static const RoleNames kRoles[] = {
      {ColumnRole::kUser,
       "user",
       "--user-col",
       {{"user", "uid"},
        {"household", "customer", "visitor", "member", "account", "client", "buyer", "reviewer", "viewer", "listener", "reader", "person", "profile", "subscriber", "player"},
        {"session"}}},
      {ColumnRole::kItem, "item", "--item-col", {{"item", "iid"}, {"movie", "product", "article", "asin",     "sku",  "book",    "isbn",   "song", "track", "artist", "video",
                                                                   "news",  "poi",     "venue",   "business", "game", "listing", "recipe", "app",  "show",  "upc"}}},
      {ColumnRole::kTime, "time", "--time-col", {{"timestamp", "ts", "datetime", "unixtime"}, {"time", "date", "createdat"}}},
      {ColumnRole::kWeight, "weight", "--weight-col", {{"weight"}, {"rating", "stars", "score", "overall"}}},
      {ColumnRole::kSession, "session", "--session-col", {{"session"}, {"basket", "visit", "order"}}},
  };
  return *std::find_if(std::begin(kRoles), std::end(kRoles), [&](const RoleNames& names) { return names.role == role; });
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return (c >= 'a' && c <= 'z') || (c & 0x80) != 0; }
bool is_word_character(char c) { return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9'); }

// "clickedItemID" and "Clicked_item-id" are the words clicked, item, id.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool is_open = false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (!is_word_character(c)) {
      is_open = false;
      continue;
    }
    const bool after_lower = i > 0 && is_upper(c) && !is_upper(name[i - 1]);
    const bool ends_acronym = i > 0 && i + 1 < name.size() && is_upper(c) && is_upper(name[i - 1]) && is_lower(name[i + 1]);
    if (!is_open || after_lower || ends_acronym) words.emplace_back();
    words.back() += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    is_open = true;
  }
  return words;
}

bool is_name(std::string_view text, std::string_view name) { return text == name || (text.starts_with(name) && text.substr(name.size()) == "id"); }

// Small is good: the row of the name the column has, and behind all rows those of names it only ends in. -1: it fits none.
int rank_of(const std::string& column, const RoleNames& names) {
  const std::vector<std::string> words = words_of(column);
  const int num_rows = static_cast<int>(names.rows.size());
  for (size_t first = 0; first < words.size(); ++first) {
    const std::string ending = fmt::format("{}", fmt::join(words.begin() + static_cast<int64_t>(first), words.end(), ""));
    for (int row = 0; row < num_rows; ++row) {
      const auto& candidates = names.rows[static_cast<size_t>(row)];
      const bool fits = std::any_of(candidates.begin(), candidates.end(), [&](std::string_view name) { return is_name(ending, name); });
      if (fits) return row + (first > 0 ? num_rows : 0);
    }
  }
  return -1;
}

int find_wanted(const std::vector<std::string>& columns, const std::string& wanted, const char* flag) {
  const auto found = std::find(columns.begin(), columns.end(), wanted);
  if (found != columns.end()) return static_cast<int>(found - columns.begin());
  const std::string nearest = nearest_name(wanted, columns);
  fail(ErrorKind::kData, "there is no column '{}', which {} names{}; the columns are {}", wanted, flag, nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest),
       fmt::join(columns, ", "));
}

}  // namespace

int find_column(const arrow::Schema& schema, ColumnRole role, const std::string& wanted) {
  const std::vector<std::string> columns = schema.field_names();
  const RoleNames& names = names_of(role);
  if (!wanted.empty()) return find_wanted(columns, wanted, names.flag);
  int best = -1, best_rank = -1, rival = -1;
  for (int i = 0; i < static_cast<int>(columns.size()); ++i) {
    const int rank = rank_of(columns[static_cast<size_t>(i)], names);
    if (rank < 0 || (best >= 0 && rank > best_rank)) continue;
    rival = rank == best_rank ? i : -1;
    if (rival >= 0) continue;
    best = i;
    best_rank = rank;
  }
  if (rival < 0) return best;
  fail(ErrorKind::kData, "the columns '{}' and '{}' both look like the {}; say which it is with {}", columns[static_cast<size_t>(best)], columns[static_cast<size_t>(rival)],
       names.what, names.flag);
}

}  // namespace rechub
