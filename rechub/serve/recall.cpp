#include "rechub/serve/recall.h"

#include <algorithm>
#include <map>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/item_labels.h"
#include "rechub/index/diversity.h"
#include "rechub/serve/bundle_names.h"

namespace rechub {
namespace {

bool says_something(const UserRequest& who) {
  const auto has_values = [](const nlohmann::json& values) { return values.is_object() && !values.empty(); };
  return has_values(who.features) || has_values(who.sequences);
}

}  // namespace

struct Recall::Plan {
  std::vector<size_t> channels;  // ascending
  const FusionEntry* fusion = nullptr;
  std::optional<size_t> rescorer;  // a model; none: nothing is scored again
};

// Of one request: the items of all models as they are now, as every id of long lists is looked up, and who asks, encoded by each model once, when it is first wanted.
class Recall::Asked {
 public:
  explicit Asked(const Recall& recall, const UserRequest* who = nullptr) : recall_(recall), who_(who), users_(recall.models_.size()) {
    for (const auto& model : recall.models_) snapshots_.push_back(model->snapshot());
  }
  const LiveSnapshot& items(size_t model) const { return *snapshots_[model]; }
  std::span<const float> user(size_t model) {
    if (!users_[model]) users_[model] = encoded(model);
    return *users_[model];
  }
  bool is_live(const std::string& item) const {
    return std::any_of(snapshots_.begin(), snapshots_.end(), [&](const auto& snapshot) { return snapshot->contains(item); });
  }
  int64_t count_unknown(const std::vector<std::string>& ids) const {
    return std::count_if(ids.begin(), ids.end(), [this](const std::string& id) {
      const auto has = [&](const auto& model) { return model->encoder().dataset().item_ids().find(id) != kUnknownIndex; };
      return !std::any_of(recall_.models_.begin(), recall_.models_.end(), has) && !is_live(id);
    });
  }

 private:
  std::vector<float> encoded(size_t model) const {
    if (recall_.models_.size() == 1 || !says_something(*who_)) return recall_.models_[model]->user_vectors(*who_);
    UserRequest who = *who_;
    who.features = known_part(who.features, recall_.known_[model].features);
    who.sequences = known_part(who.sequences, recall_.known_[model].sequences);
    return recall_.models_[model]->user_vectors(who);
  }

  const Recall& recall_;
  const UserRequest* who_;
  std::vector<std::shared_ptr<const LiveSnapshot>> snapshots_;
  std::vector<std::optional<std::vector<float>>> users_;
};

// Checks features and sequences of a request, and tells which have a value that is known to no bundle that has them.
std::vector<std::string> Recall::unknown_features(const UserRequest& who) const {
  std::vector<BundleNames> features, sequences;
  for (size_t i = 0; i < models_.size(); ++i) {
    features.push_back({names_[i], known_[i].features});
    sequences.push_back({names_[i], known_[i].sequences});
  }
  check_some_knows(who.features, "user or context feature", features);
  check_some_knows(who.sequences, "sequence", sequences);
  // Values have to suit bundles that are not asked, too, and whatever channels answer.
  std::map<std::string, bool> is_known;
  for (size_t i = 0; i < models_.size() && says_something(who); ++i) {
    const nlohmann::json parts[] = {known_part(who.features, known_[i].features), known_part(who.sequences, known_[i].sequences)};
    const std::vector<std::string> unknown = GivenValues(models_[i]->encoder().dataset(), parts[0], parts[1], "the request").unknown();
    for (const nlohmann::json& part : parts) {
      for (const auto& [name, value] : part.items()) is_known[name] |= std::find(unknown.begin(), unknown.end(), name) == unknown.end();
    }
  }
  std::vector<std::string> unknown;
  for (const auto& [name, known] : is_known) {
    if (!known) unknown.push_back(name);
  }
  return unknown;
}

nlohmann::json Recall::item_part(size_t model, const nlohmann::json& features) const {
  return models_.size() == 1 || features.is_null() ? features : known_part(features, known_[model].item_features);
}

std::function<void()> Recall::change(const std::string& item, const nlohmann::json& given) {
  const nlohmann::json features = item_part(described_, given);
  std::vector<std::function<void()>> changes = {live_features_->change(item, features)};
  for (const auto& channel : others_) {
    if (auto change = channel->change(item, features)) changes.push_back(std::move(change));
  }
  return [changes = std::move(changes)] {
    for (const auto& change : changes) change();
  };
}

uint64_t Recall::items_version() const {
  uint64_t sum = 0;
  for (const auto& model : models_) sum += model->snapshot()->version();
  return sum;
}

// Channels without a model know nothing of items that were removed since: what they bring of those is left out, and more is asked for in its place.
std::vector<ScoredItem> Recall::ask(size_t index, const ChannelRequest& request, Asked& asked) const {
  if (index < models_.size()) return models_[index]->recall(request, asked.items(index), asked.user(index));
  for (int64_t count = request.count;; count *= 2) {
    std::vector<ScoredItem> items = channel(index).recall({request.who, request.filter, count});
    const bool is_all = static_cast<int64_t>(items.size()) < count;
    std::erase_if(items, [&](const ScoredItem& item) { return !asked.is_live(item.item); });
    if (static_cast<int64_t>(items.size()) > request.count) items.resize(request.count);
    if (is_all || static_cast<int64_t>(items.size()) == request.count) return items;
  }
}

std::vector<ScoredItem> Recall::calibrated(size_t index, std::vector<ScoredItem> items) const {
  for (ScoredItem& item : items) item.score = static_cast<float>(calibrations_[index].probability(item.score));
  return items;
}

RecallAnswer Recall::fused(const RecallRequest& request, const ItemFilter& filter, const Plan& plan, Asked& asked, int64_t count) const {
  RecallAnswer answer;
  if (plan.channels.size() == 1) {
    const size_t index = plan.channels[0];
    for (ScoredItem& found : ask(index, {request.who, filter, count, request.diversity.weight > 0 && !plan.rescorer}, asked)) {
      answer.items.push_back({std::move(found.item), found.score, uint64_t{1} << index});
    }
    return answer;
  }
  std::vector<ChannelList> lists;
  for (size_t index : plan.channels) {
    std::vector<ScoredItem> items = ask(index, {request.who, filter, std::max(count, options_.depth)}, asked);
    lists.push_back({weights_[index] > 0 ? weights_[index] : 1, plan.fusion->is_calibrated ? calibrated(index, std::move(items)) : std::move(items)});
  }
  for (FusedItem& item : plan.fusion->fuse(lists, count)) {
    uint64_t channels = 0;
    for (size_t i = 0; i < plan.channels.size(); ++i) channels |= (item.channels >> i & 1) << plan.channels[i];
    answer.items.push_back({std::move(item.item), static_cast<float>(item.score), channels});
  }
  return answer;
}

// Items that the model does not know cannot be compared with the others, so they go.
void Recall::rescore(const LiveSnapshot& items, std::span<const float> user, RecallAnswer& answer) {
  if (user.empty()) return;
  std::vector<RecallAnswer::Item> known;
  for (RecallAnswer::Item& item : answer.items) {
    const std::optional<float> score = items.score(item.item, user);
    if (!score) continue;
    known.push_back(std::move(item));
    known.back().score = *score;
  }
  std::stable_sort(known.begin(), known.end(), [](const RecallAnswer::Item& a, const RecallAnswer::Item& b) { return a.score > b.score; });
  answer.items = std::move(known);
}

void Recall::diversify(const RecallRequest& request, RecallAnswer& answer) const {
  const FeatureColumn& feature = sparse_item_feature(described_dataset(), "diversity", request.diversity.feature);
  std::vector<float> scores;
  std::vector<std::string_view> items;
  for (const RecallAnswer::Item& item : answer.items) {
    scores.push_back(item.score);
    items.push_back(item.item);
  }
  const std::vector<int32_t> categories = live_features_->categories(feature, items);
  std::vector<RecallAnswer::Item> chosen;
  for (int64_t place : choose_diverse(scores, categories, request.k, request.diversity.weight)) chosen.push_back(std::move(answer.items[place]));
  answer.items = std::move(chosen);
}

void Recall::fill_up(const RecallRequest& request, const ItemFilter& filter, Asked& asked, bool is_empty, RecallAnswer& answer) const {
  const auto missing = request.k - static_cast<int64_t>(answer.items.size());
  if (missing <= 0) return;
  ItemFilter others = filter;
  for (const RecallAnswer::Item& item : answer.items) others.deny.push_back(item.item);
  for (ScoredItem& found : ask(fallback_, {request.who, others, missing}, asked)) {
    answer.items.push_back({std::move(found.item), found.score, uint64_t{1} << fallback_});
    answer.fallback = is_empty && !answer.no_history.empty() ? answer.no_history : "too few items";
  }
}

// To all bundles together: what one knows is known.
std::string Recall::lack_of_history(const UserRequest& who) const {
  bool is_known = false;
  for (const auto& model : models_) {
    const Dataset& dataset = model->encoder().dataset();
    if (!known_history(dataset, who).items.empty()) return "";
    is_known |= dataset.user_ids().find(who.user) != kUnknownIndex;
  }
  return is_known || who.user.empty() || who.history || !who.since.empty() ? "empty history" : "unknown user";
}

Recall::Plan Recall::plan(const RecallRequest& request) const {
  Plan plan;
  for (const std::string& name : request.channels) plan.channels.push_back(channel_index(name, "channels"));
  for (size_t i = 0; i < names_.size() && request.channels.empty(); ++i) {
    if (weights_[i] > 0) plan.channels.push_back(i);
  }
  std::sort(plan.channels.begin(), plan.channels.end());
  plan.channels.erase(std::unique(plan.channels.begin(), plan.channels.end()), plan.channels.end());
  plan.fusion = &named_fusion(request.fusion.empty() ? options_.fusion : request.fusion);
  check(!plan.fusion->is_calibrated || !calibrations_.empty(), ErrorKind::kUsage, "fusion: the service was not started with calibrated probabilities");
  const std::string& rescorer = request.rescore.value_or(options_.rescore);
  if (!rescorer.empty()) plan.rescorer = model_index(rescorer, "rescore");
  if (!request.diversity.feature.empty()) sparse_item_feature(described_dataset(), "diversity", request.diversity.feature);  // refused, whatever the weight
  check(request.diversity.weight == 0 || plan.rescorer || plan.channels.size() == 1 || plan.fusion->is_comparable, ErrorKind::kUsage,
        "diversity needs scores that can be compared: one channel, another fusion than {}, or rescore", plan.fusion->name);
  return plan;
}

void Recall::check_request(const RecallRequest& request) const { plan(request); }

RecallAnswer Recall::recommend(const RecallRequest& request) const {
  const Plan plan = this->plan(request);
  std::vector<std::string> unknown_features = this->unknown_features(request.who);  // first: it refuses what does not fit
  const bool is_diverse = request.diversity.weight > 0, is_rescored = plan.rescorer.has_value();
  ItemFilter filter = request.filter;
  filter.exclude_seen = request.filter_seen.value_or(!dataset().has_repeats());
  int64_t count = request.k;
  if (is_rescored) count = std::max(count, options_.rescore_candidates);
  if (is_diverse) count = std::max(count, request.diversity.pool > 0 ? request.diversity.pool : 10 * request.k);
  Asked asked(*this, &request.who);
  RecallAnswer answer = fused(request, filter, plan, asked, std::min(count, kMostCandidates));
  const bool is_empty = answer.items.empty();
  answer.no_history = lack_of_history(request.who);
  if (is_rescored) rescore(asked.items(*plan.rescorer), asked.user(*plan.rescorer), answer);
  if (is_diverse) diversify(request, answer);
  if (static_cast<int64_t>(answer.items.size()) > request.k) answer.items.resize(request.k);
  fill_up(request, filter, asked, is_empty, answer);

  answer.unknown_allow = asked.count_unknown(request.filter.allow);
  answer.unknown_deny = asked.count_unknown(request.filter.deny);
  if (request.who.history) answer.unknown_history = asked.count_unknown(*request.who.history);
  answer.unknown_features = std::move(unknown_features);
  return answer;
}

RecallAnswer Recall::similar(const std::string& item, const std::string& model, const ItemFilter& filter, int64_t k) const {
  const size_t index = model.empty() ? 0 : model_index(model, "channel");
  const Asked asked(*this);
  RecallAnswer answer;
  for (ScoredItem& found : ModelChannel::similar(asked.items(index), item, filter, k)) answer.items.push_back({std::move(found.item), found.score, uint64_t{1} << index});
  answer.unknown_allow = asked.count_unknown(filter.allow);
  answer.unknown_deny = asked.count_unknown(filter.deny);
  return answer;
}

}  // namespace rechub
