// Rows in the text format of PostgreSQL's COPY (https://www.postgresql.org/docs/current/sql-copy.html), vectors as pgvector reads them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/error.h"
#include "rechub/export/vector_stores.h"

namespace rechub {
namespace {

constexpr int64_t kWidestIndexed = 2000;  // HNSW over pgvector's type `vector`

constexpr const char* type_of(ItemColumn::Kind kind) { return kind == ItemColumn::kInteger ? "bigint" : kind == ItemColumn::kText ? "text" : "real"; }

std::string copy_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string element_of_array(const nlohmann::json& value) {
  if (!value.is_string()) return value.dump();
  std::string out = "\"";
  for (const char c : value.get_ref<const std::string&>()) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// A value as COPY has it.
std::string cell(const nlohmann::json& value, const ItemColumn& column) {
  if (value.is_null()) return "\\N";
  std::string text;
  if (value.is_array()) {
    std::vector<std::string> elements;
    for (const nlohmann::json& element : value) elements.push_back(element_of_array(element));
    text = fmt::format("{{{}}}", fmt::join(elements, ","));
  } else {
    text = value.is_string() ? value.get<std::string>() : value.dump();
  }
  check(text.find('\0') == std::string::npos, ErrorKind::kData, "column {}, {}: PostgreSQL keeps no text with the character U+0000 in it", column.name, value.dump());
  return copy_escaped(text);
}

void write_rows(const std::string& path, const StoreItems& items) {
  AtomicFile file(path);
  for (int64_t row = 0; row < items.size(); ++row) {
    std::string line;
    for (const ItemColumn& column : items.columns) line += cell(column.value(static_cast<int32_t>(row + kFirstIndex)), column) + '\t';
    const float* vector = items.vector(row);
    file.write(fmt::format("{}[{}]\n", line, fmt::join(vector, vector + items.dim(), ",")));
  }
  file.commit();
}

}  // namespace

void write_pgvector_items(const std::string& directory, const StoreItems& items) {
  write_rows(directory + "/items.copy", items);
  std::string columns;
  for (const ItemColumn& column : items.columns) {
    columns += fmt::format("  \"{}\" {}{}{},\n", column.name, type_of(column.kind), column.is_list ? "[]" : "", columns.empty() ? " PRIMARY KEY" : "");
  }
  const char* const distance = items.is_cosine ? "<=>" : "<#>";
  const std::string index = fmt::format("CREATE INDEX ON items USING hnsw (\"vector\" {});\n", items.is_cosine ? "vector_cosine_ops" : "vector_ip_ops");
  write_file(directory + "/items.sql",
             fmt::format(R"(-- {}: for psql, in the folder of this file.
\set ON_ERROR_STOP on
CREATE EXTENSION IF NOT EXISTS vector;
BEGIN;
CREATE TABLE items (
{}  "vector" vector({}) NOT NULL
);
\copy items FROM 'items.copy' WITH (ENCODING 'UTF8')
{}COMMIT;
ANALYZE items;
-- The ten best for a user's vector: SELECT item, {} AS score FROM items ORDER BY vector {} $1 LIMIT 10;
)",
                         items.description, columns, items.dim(),
                         items.dim() <= kWidestIndexed ? index : fmt::format("-- No index: pgvector's HNSW takes vectors of up to {} numbers.\n", kWidestIndexed),
                         items.is_cosine ? "1 - (vector <=> $1)" : "-(vector <#> $1)", distance));
}

}  // namespace rechub
