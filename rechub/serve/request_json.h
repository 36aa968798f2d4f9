#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "rechub/serve/recall.h"

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

RecommendBody parse_recommend(std::string_view body);
SimilarRequest parse_similar(std::string_view body);
void parse_empty(std::string_view body);  // nothing, or {}

std::string parse_id(const nlohmann::json& value, const char* key);  // a text or a whole number

// Percent-encoding undone; throws kData for a cut escape and for bytes that are not UTF-8. `plus_is_space`: in a query.
std::string decode_percent(std::string_view text, bool plus_is_space);

// The value of `key` in "a=1&b=2", decoded; "" where it is not there.
std::string query_value(std::string_view query, std::string_view key);

}  // namespace rechub
