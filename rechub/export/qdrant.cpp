// Points as Qdrant's API has them (https://api.qdrant.tech): an id is a whole number of 64 bits without sign, or a UUID.
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rechub/base/atomic_file.h"
#include "rechub/base/json_file.h"
#include "rechub/export/vector_stores.h"

namespace rechub {
namespace {

bool are_point_ids(const Vocabulary& ids) {
  if (!ids.is_integer()) return false;
  for (int32_t item = kFirstIndex; item < ids.rows(); ++item) {
    if (*ids.integer(item) < 0) return false;
  }
  return true;
}

}  // namespace

void write_qdrant_items(const std::string& directory, const StoreItems& items) {
  const Vocabulary& ids = *items.columns.at(0).values;
  const bool are_ids = are_point_ids(ids);
  // A name-based UUID is the same for an item in every export, so a newer one replaces the points of the older.
  boost::uuids::name_generator_sha1 uuid(boost::uuids::ns::oid());
  AtomicFile file(directory + "/points.jsonl");
  for (int64_t row = 0; row < items.size(); ++row) {
    const auto item = static_cast<int32_t>(row + kFirstIndex);
    nlohmann::json payload = nlohmann::json::object();
    for (const ItemColumn& column : items.columns) {
      if (nlohmann::json value = column.value(item); !value.is_null()) payload[column.name] = std::move(value);
    }
    const std::string id = are_ids ? ids.text(item) : '"' + boost::uuids::to_string(uuid(ids.text(item))) + '"';
    const float* vector = items.vector(row);
    file.write(fmt::format("{{\"id\": {}, \"vector\": [{}], \"payload\": {}}}\n", id, fmt::join(vector, vector + items.dim(), ", "), payload.dump()));
  }
  file.commit();
  write_json(directory + "/collection.json", {{"vectors", {{"size", items.dim()}, {"distance", items.is_cosine ? "Cosine" : "Dot"}}}});
}

}  // namespace rechub
