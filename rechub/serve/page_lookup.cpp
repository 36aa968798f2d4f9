#include "rechub/serve/page_lookup.h"

#include <algorithm>
#include <memory>
#include <utility>

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
    texts_.resize(recall_.described_dataset().item_rows());
    for (int32_t row = kFirstIndex; row < recall_.described_dataset().item_rows(); ++row)
      texts_[row] = lower(recall_.described_dataset().item_ids().text(row) + " " + labels_.of(row));
  });
  return texts_;
}

std::string PageLookup::settings(int64_t version, const Experiments& experiments) const {
  const Dataset& dataset = recall_.dataset();
  json settings = {{"channels", json::array()}, {"features", json::array()}, {"items", recall_.model(0).snapshot()->size()}, {"users", dataset.num_users()}, {"version", version}};
  for (size_t i = 0; i < recall_.channel_names().size(); ++i) settings["channels"].push_back({{"name", recall_.channel_names()[i]}, {"weight", recall_.weights()[i]}});
  for (const FeatureColumn& column : recall_.described_dataset().item_features()) {
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
  const Vocabulary& ids = recall_.described_dataset().item_ids();
  const LiveFeatures& live = recall_.live_features();
  std::vector<std::shared_ptr<const LiveSnapshot>> snapshots;
  for (size_t i = 0; i < recall_.num_models(); ++i) snapshots.push_back(recall_.model(i).snapshot());
  json found = json::array();
  const auto add = [&](const std::string& id) {
    if (std::any_of(snapshots.begin(), snapshots.end(), [&](const auto& items) { return items->contains(id); }))
      found.push_back({{"item", id}, {"label", live.label(labels_, id)}});
  };
  add(text);  // first, as a short id may be a part of many others
  for (const std::string& id : live.find(
           labels_, [&](const std::string& text) { return lower(text).find(wanted) != std::string::npos; }, kMostFound)) {
    if (id != text && found.size() < kMostFound) add(id);
  }
  const std::vector<std::string>& texts = search_texts();
  for (int32_t row = kFirstIndex; row < ids.rows() && found.size() < kMostFound; ++row) {
    if (texts[row].find(wanted) != std::string::npos && ids.text(row) != text) add(ids.text(row));
  }
  return written({{"items", found}});
}

const std::vector<int32_t>& PageLookup::users_by_text() const {
  std::call_once(has_users_, [this] {
    const Vocabulary& ids = recall_.dataset().user_ids();
    std::vector<std::pair<std::string, int32_t>> texts;
    for (int32_t row = kFirstIndex; row < ids.rows(); ++row) texts.emplace_back(ids.text(row), row);
    std::sort(texts.begin(), texts.end());
    for (const auto& [text, row] : texts) users_.push_back(row);
  });
  return users_;
}

std::string PageLookup::users(const std::string& begin) const {
  const Vocabulary& ids = recall_.dataset().user_ids();
  const std::vector<int32_t>& users = users_by_text();
  json found = json::array();
  for (auto user = std::lower_bound(users.begin(), users.end(), begin, [&](int32_t row, const std::string&text) { return ids.text(row) < text; });
       user != users.end() && found.size() < kMostFound && ids.text(*user).starts_with(begin); ++user) {
    found.push_back(ids.text(*user));
  }
  return written({{"users", found}});
}

std::string PageLookup::history(const std::string& user, std::vector<UserEvent> since) const {
  const Dataset& dataset = recall_.dataset();
  std::vector<std::string> ids;
  for (int32_t row : known_history(dataset, UserRequest{user, {}, {}, {}}).items) ids.push_back(dataset.item_ids().text(row));
  const bool is_known = dataset.user_ids().find(user) != kUnknownIndex || !since.empty();
  const UserRequest who{user, {}, {}, {}, std::move(since)};
  for (const UserEvent& event : news(dataset, who)) ids.push_back(event.item);
  json items = json::array();
  for (auto id = ids.rbegin(); id != ids.rend() && items.size() < kMostHistory; ++id) {
    items.push_back({{"item", *id}, {"label", recall_.live_features().label(labels_, *id)}});
  }
  return written({{"is_known", is_known}, {"count", ids.size()}, {"items", items}});
}

}  // namespace rechub
