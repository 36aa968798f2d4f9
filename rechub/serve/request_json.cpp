#include "rechub/serve/request_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/registry.h"
#include "rechub/data/raw_id.h"
#include "rechub/data/text_input.h"

namespace rechub {
namespace {

using nlohmann::json;

constexpr int64_t kLatestTime = 100'000'000'000;  // the year 5138: what is later counts in milliseconds
const char* const kSource = "the request";

void check_keys(const json& object, const std::vector<std::string>& known, const char* source) {
  for (const auto& [key, value] : object.items()) {
    check_known("key", key, known, source);
  }
}

json parse_object(std::string_view body, const std::vector<std::string>& known) {
  json object = parse_body(body);
  check_keys(object, known, kSource);
  return object;
}

std::vector<std::string> parse_ids(const json& object, const char* key) {
  std::vector<std::string> ids;
  if (!object.contains(key)) return ids;
  check(object.at(key).is_array(), ErrorKind::kData, "\"{}\" must be a list of ids, found {}", key, object.at(key).type_name());
  for (const json& id : object.at(key)) ids.push_back(parse_id(id, key));
  return ids;
}

bool parse_bool(const json& object, const char* key, bool otherwise) { return object.contains(key) ? json_field<bool>(object, key, kSource) : otherwise; }

int64_t parse_count(const json& object, const char* key, int64_t otherwise, int64_t most) {
  if (!object.contains(key)) return otherwise;
  const auto whole = whole_number(object.at(key));
  const int64_t count = whole && whole->size() < 18 ? std::stoll(*whole) : json_field<int64_t>(object, key, kSource);
  check(count >= 1 && count <= most, ErrorKind::kUsage, "\"{}\" must be from 1 to {}, got {}", key, most, count);
  return count;
}

int64_t parse_time(const json& object) {
  const auto whole = whole_number(object.at("time"));
  const int64_t time = whole && whole->size() < 18 ? std::stoll(*whole) : json_field<int64_t>(object, "time", kSource);
  check(std::abs(time) < kLatestTime, ErrorKind::kUsage, "\"time\" is in seconds since 1970, got {}", time);
  return time;
}

ItemFilter parse_filter(const json& object) { return {object.contains("allow"), parse_ids(object, "allow"), parse_ids(object, "deny")}; }

RequestedDiversity parse_diversity(const json& object) {
  if (!object.contains("diversity")) return {};
  const json& given = object.at("diversity");
  check(given.is_object(), ErrorKind::kData, "\"diversity\" must be an object of weight, feature and pool, found {}", given.type_name());
  check_keys(given, {"weight", "feature", "pool"}, "\"diversity\"");
  RequestedDiversity diversity;
  diversity.weight = json_field<double>(given, "weight", "\"diversity\"");
  check(diversity.weight >= 0, ErrorKind::kUsage, "\"weight\" of \"diversity\" must be 0 or more");
  diversity.feature = json_field<std::string>(given, "feature", "\"diversity\"");
  diversity.pool = parse_count(given, "pool", 0, 10 * kMostResults);
  return diversity;
}

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; }

}  // namespace

std::string parse_id(const json& value, const char* key) { return raw_id(value, fmt::format("\"{}\"", key)); }

json parse_body(std::string_view body) {
  json object = parse_json(body, kSource);
  check(object.is_object(), ErrorKind::kData, "{} must be a JSON object, found {}", kSource, object.type_name());
  return object;
}

void check_request_keys(const json& body) {
  check_keys(body, {"user", "history", "features", "sequences", "k", "allow", "deny", "filter_seen", "channels", "diversity", "labels", "arms"}, kSource);
}

void check_arm_keys(const json& settings) {
  check_keys(settings, {"features", "sequences", "k", "allow", "deny", "filter_seen", "channels", "diversity", "labels", "fusion", "rescore"}, "its settings");
}

RecommendBody parse_recommend(const json& object) {
  RecommendBody parsed;
  RecallRequest& request = parsed.request;
  if (object.contains("user")) request.who.user = parse_id(object.at("user"), "user");
  if (object.contains("history")) request.who.history = parse_ids(object, "history");
  for (const auto& [key, values] : {std::pair{"features", &request.who.features}, std::pair{"sequences", &request.who.sequences}}) {
    if (!object.contains(key)) continue;
    *values = object.at(key);
    check(values->is_object(), ErrorKind::kData, "\"{}\" must be an object of names and values, found {}", key, values->type_name());
  }
  request.k = parse_count(object, "k", 10, kMostResults);
  request.filter = parse_filter(object);
  if (object.contains("filter_seen")) request.filter_seen = json_field<bool>(object, "filter_seen", kSource);
  if (object.contains("channels")) {
    check(object.at("channels").is_array() && !object.at("channels").empty(), ErrorKind::kData, "\"channels\" must be a list of names, one at least");
    for (const json& name : object.at("channels")) {
      check(name.is_string(), ErrorKind::kData, "\"channels\" must be a list of names, found {}", name.type_name());
      request.channels.push_back(name.get<std::string>());
    }
  }
  request.diversity = parse_diversity(object);
  if (object.contains("fusion")) request.fusion = json_field<std::string>(object, "fusion", kSource);
  if (object.contains("rescore")) request.rescore = json_field<std::string>(object, "rescore", kSource);
  parsed.labels = parse_bool(object, "labels", false);
  return parsed;
}

SimilarRequest parse_similar(std::string_view body) {
  const json object = parse_object(body, {"item", "k", "allow", "deny", "channel", "labels"});
  check(object.contains("item"), ErrorKind::kData, "{}: \"item\" is missing", kSource);
  SimilarRequest request;
  request.item = parse_id(object.at("item"), "item");
  if (object.contains("channel")) request.channel = json_field<std::string>(object, "channel", kSource);
  request.k = parse_count(object, "k", 10, kMostResults);
  request.filter = parse_filter(object);
  request.labels = parse_bool(object, "labels", false);
  return request;
}

ItemBody parse_item(std::string_view body) {
  const json object = parse_object(body, {"vector", "features", "channel"});
  check(object.contains("vector") != object.contains("features"), ErrorKind::kUsage, "{} must have either \"vector\" or \"features\"", kSource);
  ItemBody item;
  if (object.contains("channel")) item.channel = json_field<std::string>(object, "channel", kSource);
  if (object.contains("features")) {
    item.features = object.at("features");
    check(item.features.is_object(), ErrorKind::kData, "\"features\" must be an object of names and values, found {}", item.features.type_name());
    return item;
  }
  const json& vector = object.at("vector");
  check(vector.is_array(), ErrorKind::kData, "\"vector\" must be a list of numbers, found {}", vector.type_name());
  for (const json& value : vector) {
    check(value.is_number() && std::abs(value.get<double>()) <= std::numeric_limits<float>::max(), ErrorKind::kData,
          "\"vector\" must be a list of numbers that 32-bit floats hold");
    item.vector.push_back(value.get<float>());
  }
  return item;
}

std::vector<EventBody> parse_events(std::string_view body, int64_t now) {
  const json object = parse_object(body, {"user", "item", "time", "events"});
  json list = json::array({object});
  if (object.contains("events")) {
    check(object.size() == 1 && object.at("events").is_array(), ErrorKind::kData, "\"events\" must be a list of objects, and stand alone");
    list = object.at("events");
  }
  std::vector<EventBody> events;
  for (const json& entry : list) {
    check(entry.is_object(), ErrorKind::kData, "an event must be an object with \"user\" and \"item\", found {}", entry.type_name());
    check_keys(entry, {"user", "item", "time"}, "an event");
    check(entry.contains("user") && entry.contains("item"), ErrorKind::kData, "an event needs \"user\" and \"item\"");
    EventBody event{parse_id(entry.at("user"), "user"), {parse_id(entry.at("item"), "item"), now}};
    check(!event.user.empty() && !event.event.item.empty(), ErrorKind::kData, "an event needs a \"user\" and an \"item\" that are not empty");
    if (entry.contains("time")) event.event.time = parse_time(entry);
    events.push_back(std::move(event));
  }
  return events;
}

void parse_empty(std::string_view body) {
  if (!body.empty()) parse_object(body, {});
}

std::string decode_percent(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1, low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      check(high >= 0 && low >= 0, ErrorKind::kData, "the address has a % that two hexadecimal digits do not follow");
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  check(is_utf8(decoded), ErrorKind::kData, "the address is not UTF-8");
  return decoded;
}

std::string query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const size_t sign = part.find('=');
    if (part.substr(0, sign) == key) return sign == std::string_view::npos ? "" : decode_percent(part.substr(sign + 1), true);
  }
  return "";
}

}  // namespace rechub
