#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "rechub/serve/recall.h"
#include "rechub/serve/user_events.h"

namespace rechub {

// Bodies of requests. All throw kData or kUsage in words for who asks: a key that is not known (with the nearest one), a value of another type or out of range.

inline constexpr int64_t kMostResults = 10000;

struct SimilarRequest {
  std::string item, channel;
  int64_t k = 10;
  ItemFilter filter;
  bool labels = false;
};

struct RecommendBody {
  RecallRequest request;
  bool labels = false;  // items with their labels, for people
};

nlohmann::json parse_body(std::string_view body);             // an object
void check_request_keys(const nlohmann::json& body);          // of /v1/recommend
void check_arm_keys(const nlohmann::json& settings);          // of an arm: what a request says of its answer, and "fusion" and "rescore"
RecommendBody parse_recommend(const nlohmann::json& object);  // with keys of arms, too; "arms" is passed over
SimilarRequest parse_similar(std::string_view body);

// {"vector": [...]} or {"features": {...}}, and "channel", the bundle whose space the vector lies in.
struct ItemBody {
  std::vector<float> vector;
  nlohmann::json features;  // null where a vector is given
  std::string channel;
};
ItemBody parse_item(std::string_view body);

// {"user": ..., "item": ..., "time": ...} or {"events": [such objects]}; the time is `now` where it is not given. In the order given.
struct EventBody {
  std::string user;
  UserEvent event;
};
std::vector<EventBody> parse_events(std::string_view body, int64_t now);

void parse_empty(std::string_view body);  // nothing, or {}

std::string parse_id(const nlohmann::json& value, const char* key);  // a text or a whole number

// Percent-encoding undone; throws kData for a cut escape and for bytes that are not UTF-8. `plus_is_space`: in a query.
std::string decode_percent(std::string_view text, bool plus_is_space);

// The value of `key` in "a=1&b=2", decoded; "" where it is not there.
std::string query_value(std::string_view query, std::string_view key);

}  // namespace rechub
