#include "rechub/serve/answer_json.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rechub {
namespace {

// Ids are plain as a rule, and there are many of them.
std::string quoted(const std::string& text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return '"' + text + '"';
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string channels_json(uint64_t channels, const std::vector<std::string>& names) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    if (channels >> i & 1) out += (out.empty() ? "" : ",") + quoted(names[i]);
  }
  return "[" + out + "]";
}

}  // namespace

// Written by hand, not by way of a JSON tree: long lists are most of the work of an answer.
std::string answer_json(const RecallAnswer& answer, const Recall& recall, const std::string& fallback, int64_t version, const ItemLabels* labels, const std::string& arms) {
  std::map<uint64_t, std::string> channels;
  fmt::memory_buffer out;
  const auto write = std::back_inserter(out);
  fmt::format_to(write, "{{\"items\":[");
  for (const RecallAnswer::Item& item : answer.items) {
    const auto [names, is_new] = channels.try_emplace(item.channels);
    if (is_new) names->second = channels_json(item.channels, recall.channel_names());
    fmt::format_to(write, "{}{{\"item\":{},\"score\":{},\"channels\":{}", &item == answer.items.data() ? "" : ",", quoted(item.item), item.score, names->second);
    if (labels != nullptr) fmt::format_to(write, ",\"label\":{}", quoted(recall.live_features().label(*labels, item.item)));
    fmt::format_to(write, "}}");
  }
  const std::string brought = answer.fallback.empty() ? "null" : fmt::format("{{\"channel\":{},\"reason\":{}}}", quoted(fallback), quoted(answer.fallback));
  const std::string no_history = answer.no_history.empty() ? "null" : quoted(answer.no_history);
  const std::string unknown = fmt::format("{{\"history\":{},\"allow\":{},\"deny\":{},\"features\":{}}}", answer.unknown_history, answer.unknown_allow, answer.unknown_deny,
                                          nlohmann::json(answer.unknown_features).dump());
  fmt::format_to(write, "],\"fallback\":{},\"no_history\":{},\"unknown\":{},\"version\":{},\"arms\":{}}}", brought, no_history, unknown, version, arms);
  return fmt::to_string(out);
}

}  // namespace rechub
