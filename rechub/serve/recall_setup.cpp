// How a Recall is put together from its options; recall.cpp has what it answers.
#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/serve/recall.h"

namespace rechub {
namespace {

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

std::vector<int64_t> all_events(const Dataset& dataset) { return {dataset.user_begin().begin() + 1, dataset.user_begin().end()}; }

}  // namespace

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

}  // namespace rechub
