#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "rechub/base/error.h"
#include "rechub/bundle/retriever.h"

namespace rechub::cli {

// A request with the name its results are printed under.
struct NamedRequest {
  std::string name;
  RetrievalRequest request;
};

// kNotFound of an id; everything else of this kind that a command throws is about a path.
class UnknownId : public Error {
 public:
  explicit UnknownId(const std::string& message) : Error(ErrorKind::kNotFound, message) {}
};

// The row of a raw id; throws UnknownId (with what ids look like here) where there is none.
int32_t user_row(const Dataset& dataset, const std::string& id);
int32_t item_row(const Dataset& dataset, const std::string& id);

// A request as read_users reads it from a line; `source` names the line in messages.
NamedRequest request_from_json(const Dataset& dataset, const nlohmann::json& object, const std::string& source);

// Values of requests that training never saw, by feature; warn() says how many requests have one.
class UnknownValues {
 public:
  void count(const RetrievalRequest& request);
  void warn() const;

 private:
  std::map<std::string, int64_t> requests_;
};

// Streams the users of a file to `take` in pieces: CSV or Parquet with the data set's user column, or JSON lines {"user": ..., "history": [raw ids, oldest first], "features":
// {...}, "sequences": {...}}, where what is given wins (given_values.h). Users that are not in the data set and bring no history are answered as strangers.
void read_users(const Dataset& dataset, const std::string& path, const std::function<void(std::span<const NamedRequest>)>& take);

// Ids in a file, one a line, or the item column of a CSV or Parquet file: 1 for each item row named. Unknown ids are counted.
std::vector<uint8_t> read_item_set(const Dataset& dataset, const std::string& path, int64_t& num_unknown);

}  // namespace rechub::cli
