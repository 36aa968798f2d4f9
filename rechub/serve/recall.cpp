#include "rechub/serve/recall.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/data/item_labels.h"
#include "rechub/index/diversity.h"
#include "rechub/serve/bundle_names.h"

namespace rechub {
namespace {

constexpr int64_t kMostCandidates = 100000;

struct ChannelSpec {
  std::string name;
  double weight = 1;
};

// "NAME" or "NAME=WEIGHT".
ChannelSpec parse_channel(const std::string& text) {
  const size_t sign = text.find('=');
  ChannelSpec spec{text.substr(0, sign)};
  if (sign == std::string::npos) return spec;
  const char *begin = text.data() + sign + 1, *end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(begin, end, spec.weight);
  check(error == std::errc() && stopped == end && spec.weight >= 0 && spec.weight <= 1e6, ErrorKind::kUsage,
        "channels: '{}' must be NAME or NAME=WEIGHT, with a weight of 0 or more", text);
  return spec;
}

bool says_something(const UserRequest& who) {
  const auto has_values = [](const nlohmann::json& values) { return values.is_object() && !values.empty(); };
  return has_values(who.features) || has_values(who.sequences);
}

std::vector<int64_t> all_events(const Dataset& dataset) { return {dataset.user_begin().begin() + 1, dataset.user_begin().end()}; }

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

void RecallOptions::describe(OptionVisitor& visitor) {
  visitor.field(
      "channels", channels,
      "ways to recall, NAME or NAME=WEIGHT: names of bundles, popularity, item_knn, content. Weight 0: only for requests that name it. Empty: every bundle, with weight 1");
  visitor.field("fusion", fusion,
                "how several channels become one list: reciprocal_rank, quota (places in proportion to weights), calibrated (probabilities learnt on validation cases)");
  visitor.field("depth", depth, "items each of several channels brings, k at least");
  visitor.field("rescore", rescore, "bundle whose model scores the candidates of all channels exactly; empty: none does");
  visitor.field("rescore_candidates", rescore_candidates, "items each channel brings and that are then re-scored, k at least");
  visitor.field("fallback", fallback, "channel that answers for strangers without a history and fills lists that are too short");
  visitor.field("index", index, "index over each bundle's item vectors: Flat is exact");
}

void check_bundle_names(const std::vector<std::string>& names) {
  std::set<std::string> met;
  for (const std::string& name : names) {
    check(met.insert(name).second, ErrorKind::kUsage, "two bundles are named '{}': give NAME=DIRECTORY", name);
    for (const ChannelEntry& entry : channel_entries()) {
      check(name != entry.name, ErrorKind::kUsage, "a bundle may not be named '{}', as that is another channel: give NAME=DIRECTORY", name);
    }
  }
}

Recall::Recall(std::vector<NamedEncoder> encoders, const RecallOptions& options) : options_(options) {
  check(!encoders.empty(), ErrorKind::kUsage, "a service needs a bundle");
  check(options.depth >= 1 && options.depth <= kMostCandidates, ErrorKind::kUsage, "depth must be from 1 to {}, got {}", kMostCandidates, options.depth);
  check(options.rescore_candidates >= 1 && options.rescore_candidates <= kMostCandidates, ErrorKind::kUsage, "rescore_candidates must be from 1 to {}, got {}", kMostCandidates,
        options.rescore_candidates);
  for (const NamedEncoder& named : encoders) names_.push_back(named.name);
  check_bundle_names(names_);
  for (NamedEncoder& named : encoders) {
    models_.push_back(std::make_unique<ModelChannel>(std::move(named.encoder), LiveItemsOptions{.spec = options.index}));
  }
  for (const auto& model : models_) known_.push_back(known_names(model->encoder().dataset()));
  const auto has_values = [](const auto& model) {
    const FeatureTable& features = model->encoder().dataset().item_features();
    return std::any_of(features.begin(), features.end(), [](const FeatureColumn& column) { return column.spec.kind != FeatureKind::kDense; });
  };
  const auto described = std::find_if(models_.begin(), models_.end(), has_values);
  described_ = described == models_.end() ? 0 : described - models_.begin();
  live_features_ = std::make_unique<LiveFeatures>(described_dataset());
  check_known("channel", options.fallback, possible_channels(), "fallback");
  read_channels(options.channels);
  fallback_ = channel_index(options.fallback, "fallback");
  if (!options.rescore.empty()) model_index(options.rescore, "rescore");
  if (named_fusion(options.fusion).is_calibrated || options.calibrate) calibrate();
}

// Of all events, or of those a model was trained on.
ChannelData Recall::data_of(const ChannelEntry& entry, bool is_all) const {
  const Encoder& encoder = models_[entry.is_by_features ? described_ : 0]->encoder();
  return {encoder.dataset(), is_all ? all_events(encoder.dataset()) : encoder.split().train_end};
}

// Channels without a model are made where they are wanted, as some take time.
void Recall::read_channels(const std::vector<std::string>& specs) {
  std::vector<ChannelSpec> wanted;
  for (const std::string& text : specs) wanted.push_back(parse_channel(text));
  if (wanted.empty()) {
    for (const std::string& name : names_) wanted.push_back({name});
  }
  const auto weight_of = [&](const std::string& name) -> std::optional<double> {
    for (const ChannelSpec& spec : wanted) {
      if (spec.name == name) return spec.weight;
    }
    return {};
  };
  for (const std::string& name : names_) weights_.push_back(weight_of(name).value_or(0));
  for (const ChannelEntry& entry : channel_entries()) {
    const auto weight = weight_of(entry.name);
    if (!weight && options_.fallback != entry.name) continue;
    names_.emplace_back(entry.name);
    weights_.push_back(weight.value_or(0));
    others_.push_back(entry.make(data_of(entry, true)));
  }
  const std::vector<std::string> known = possible_channels();
  std::set<std::string> met;
  for (const ChannelSpec& spec : wanted) {
    check_known("channel", spec.name, known, "channels");
    check(met.insert(spec.name).second, ErrorKind::kUsage, "channels: '{}' stands there twice", spec.name);
  }
  check(names_.size() <= kMostChannels, ErrorKind::kUsage, "at most {} channels are served, got {}", kMostChannels, names_.size());
  check(std::any_of(weights_.begin(), weights_.end(), [](double weight) { return weight > 0; }), ErrorKind::kUsage, "channels: one at least needs a weight above 0");
}

size_t Recall::channel_index(const std::string& name, const char* source) const {
  check_known("channel", name, names_, source);
  return std::find(names_.begin(), names_.end(), name) - names_.begin();
}

// All that a service could be started with.
std::vector<std::string> Recall::possible_channels() const {
  std::vector<std::string> known(names_.begin(), names_.begin() + static_cast<int64_t>(models_.size()));
  for (const ChannelEntry& entry : channel_entries()) known.emplace_back(entry.name);
  return known;
}

size_t Recall::model_index(const std::string& name, const char* source) const {
  check_known("bundle", name, {names_.begin(), names_.begin() + static_cast<int64_t>(models_.size())}, source);
  return channel_index(name, source);
}

void Recall::check_features(const UserRequest& who) const {
  std::vector<BundleNames> features, sequences;
  for (size_t i = 0; i < models_.size(); ++i) {
    features.push_back({names_[i], known_[i].features});
    sequences.push_back({names_[i], known_[i].sequences});
  }
  check_some_knows(who.features, "user or context feature", features);
  check_some_knows(who.sequences, "sequence", sequences);
  // Values have to suit bundles that are not asked, too, and whatever channels answer.
  for (size_t i = 0; i < models_.size() && says_something(who); ++i) {
    static_cast<void>(GivenValues(models_[i]->encoder().dataset(), known_part(who.features, known_[i].features), known_part(who.sequences, known_[i].sequences), "the request"));
  }
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

// Validation cases are asked as requests would be. Channels that learn from events learn from the training events alone here, else they would know the answers.
void Recall::calibrate() {
  constexpr size_t kMostCases = 1000;
  const Split split = models_[0]->encoder().split();
  std::vector<std::unique_ptr<Channel>> fitted;
  for (const ChannelEntry& entry : channel_entries()) {
    if (std::find(names_.begin(), names_.end(), entry.name) != names_.end()) fitted.push_back(entry.make(data_of(entry, false)));
  }
  const ItemFilter filter{.exclude_seen = !dataset().has_repeats()};
  const size_t step = std::max<size_t>(1, split.valid.size() / kMostCases);
  for (size_t index = 0; index < names_.size(); ++index) {
    const Channel& asked = index < models_.size() ? *models_[index] : *fitted[index - models_.size()];
    std::vector<JudgedScore> judged;
    for (size_t i = 0; i < split.valid.size(); i += step) {
      const EvaluationCase& question = split.valid[i];
      UserRequest who{dataset().user_ids().text(question.user), std::vector<std::string>(), {}, {}};
      for (int64_t event = question.history_begin; event < question.history_end; ++event) who.history->push_back(dataset().item_ids().text(dataset().items()[event]));
      std::set<std::string> targets;
      for (int64_t event = question.target_begin; event < question.target_end; ++event) targets.insert(dataset().item_ids().text(dataset().items()[event]));
      for (const ScoredItem& found : asked.recall({who, filter, options_.depth})) judged.push_back({found.score, targets.contains(found.item)});
    }
    calibrations_.emplace_back(std::move(judged));
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
  check_features(request.who);
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
