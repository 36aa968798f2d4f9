#include "rechub/serve/page_lookup.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace rechub {
namespace {

using nlohmann::json;

constexpr size_t kMostFound = 20;
constexpr size_t kMostHistory = 100;

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

std::string written(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

const std::vector<std::string>& PageLookup::search_texts() const {
  std::call_once(has_texts_, [this] {
    texts_.resize(recall_.dataset().item_rows());
    for (int32_t row = kFirstIndex; row < recall_.dataset().item_rows(); ++row) texts_[row] = lower(recall_.dataset().item_ids().text(row) + " " + labels_.of(row));
  });
  return texts_;
}

std::string PageLookup::settings(int64_t version, const Experiments& experiments) const {
  const Dataset& dataset = recall_.dataset();
  json settings = {{"channels", json::array()}, {"features", json::array()}, {"items", dataset.num_items()}, {"users", dataset.num_users()}, {"version", version}};
  for (size_t i = 0; i < recall_.channel_names().size(); ++i) settings["channels"].push_back({{"name", recall_.channel_names()[i]}, {"weight", recall_.weights()[i]}});
  for (const FeatureColumn& column : dataset.item_features()) {
    if (column.spec.kind == FeatureKind::kSparse) settings["features"].push_back(column.spec.name);
  }
  settings["arms"] = json::array();
  for (const Experiment& experiment : experiments.list()) {
    for (const Arm& arm : experiment.arms) settings["arms"].push_back({{"experiment", experiment.name}, {"arm", arm.name}});
  }
  settings["keeps_seen"] = dataset.has_repeats();
  settings["first_user"] = dataset.num_users() > 0 ? dataset.user_ids().text(kFirstIndex) : "";
  return written(settings);
}

std::string PageLookup::items(const std::string& text) const {
  const std::string wanted = lower(text);
  json found = json::array();
  const std::vector<std::string>& texts = search_texts();
  for (int32_t row = kFirstIndex; row < recall_.dataset().item_rows() && found.size() < kMostFound; ++row) {
    if (texts[row].find(wanted) != std::string::npos) found.push_back({{"item", recall_.dataset().item_ids().text(row)}, {"label", labels_.of(row)}});
  }
  return written({{"items", found}});
}

std::string PageLookup::users(const std::string& begin) const {
  const Vocabulary& ids = recall_.dataset().user_ids();
  json found = json::array();
  for (int32_t row = kFirstIndex; row < ids.rows() && found.size() < kMostFound; ++row) {
    std::string id = ids.text(row);
    if (id.starts_with(begin)) found.push_back(std::move(id));
  }
  return written({{"users", found}});
}

std::string PageLookup::history(const std::string& user, const std::vector<std::string>& moved_on) const {
  const Dataset& dataset = recall_.dataset();
  std::vector<std::string> ids = moved_on;
  if (ids.empty()) {
    for (int32_t row : known_history(dataset, UserRequest{user, {}, {}, {}}).items) ids.push_back(dataset.item_ids().text(row));
  }
  json items = json::array();
  for (auto id = ids.rbegin(); id != ids.rend() && items.size() < kMostHistory; ++id) {
    const int32_t row = dataset.item_ids().find(*id);
    items.push_back({{"item", *id}, {"label", row == kUnknownIndex ? "" : labels_.of(row)}});
  }
  const bool is_known = dataset.user_ids().find(user) != kUnknownIndex || !moved_on.empty();
  return written({{"is_known", is_known}, {"count", ids.size()}, {"items", items}});
}

}  // namespace rechub
