#include <algorithm>
#include <exception>
#include <utility>

#include <nlohmann/json.hpp>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/registry.h"
#include "rechub/serve/answer_json.h"
#include "rechub/serve/service_state.h"

namespace rechub {
namespace {

using nlohmann::json;

constexpr size_t kMostKept = 4096;  // bytes of a request whose answer is kept
const char* const kCacheHeader = "X-RecHub-Cache";

// The arm that a request asks for by name, for one experiment; null where it names none.
const Arm* asked_arm(const json& object, const Experiment& experiment) {
  const auto arms = object.find("arms");
  if (arms == object.end() || !arms->contains(experiment.name)) return nullptr;
  const std::string name = (*arms)[experiment.name].is_string() ? (*arms)[experiment.name].get<std::string>() : "";
  return &find_entry<Arm>(experiment.arms, name, "arm of experiment " + experiment.name);
}

void check_arms_exist(const json& object, const Experiments& experiments) {
  const auto arms = object.find("arms");
  if (arms == object.end()) return;
  check(arms->is_object(), ErrorKind::kData, "\"arms\" must be an object of experiments and arms, found {}", arms->type_name());
  std::vector<std::string> known;
  for (const Experiment& experiment : experiments.list()) known.push_back(experiment.name);
  for (const auto& [name, arm] : arms->items()) {
    check_known("experiment", name, known, "\"arms\"");
  }
}

}  // namespace

// A request with its arms' settings, where it does not say otherwise itself.
Service::Asked Service::read(const HttpRequest& request) const {
  Asked asked;
  const json object = parse_body(request.body);
  check_request_keys(object);
  check_arms_exist(object, options_.experiments);
  const std::string user = object.contains("user") ? parse_id(object.at("user"), "user") : "";
  std::vector<Assignment> drawn, all;
  if (!user.empty()) drawn = options_.experiments.assign(user);
  for (size_t i = 0; i < options_.experiments.list().size(); ++i) {
    const Experiment& experiment = options_.experiments.list()[i];
    if (const Arm* arm = asked_arm(object, experiment)) {
      all.push_back({&experiment, arm});
    } else if (!drawn.empty()) {
      all.push_back(drawn[i]);
      asked.arms.push_back(drawn[i]);  // one that was asked for by name is no exposure
    }
  }
  json merged = settings_of(all);
  merged.update(object);
  asked.body = parse_recommend(merged);
  asked.arms_json = arms_of(all).dump();
  if (request.body.size() <= kMostKept && options_.cache_bytes > 0) asked.cache_key = asked.arms_json + "\n" + request.body;
  return asked;
}

// What the answer depends on is read before anything is looked up, so that an answer is never kept for newer versions than it was made of.
void Service::look(Asked& asked) const {
  const std::string& user = asked.body.request.who.user;
  asked.now = state();
  asked.versions.model = static_cast<uint64_t>(asked.now->version);
  asked.versions.items = asked.now->recall.items_version();
  asked.versions.events = events_ && !user.empty() ? events_->version(user) : 0;
}

// The answer to the very same request, where nothing it depends on has changed since. Faults are left to the worker to tell, and a request that was read is handed on to it.
std::optional<HttpResponse> Service::kept(const HttpRequest& request) {
  const double began = monotonic_seconds();
  if (request.body.size() > kMostKept || options_.cache_bytes == 0) return {};
  if (!is_json_type(request.content_type)) return {};
  const auto asked = std::make_shared<Asked>();
  try {
    *asked = read(request);
  } catch (const std::exception&) {
    return {};
  }
  look(*asked);
  const auto found = cache_.find(asked->cache_key, asked->versions);
  if (!found) {
    asked->now.reset();  // a request that waits holds up no bundles that are to go
    request.reading = asked;
    return {};
  }
  if (exposures_) exposures_->record(asked->body.request.who.user, asked->arms);
  HttpResponse response{200, *found};
  response.headers.emplace_back(kCacheHeader, "hit");
  metrics_.count_answer("/v1/recommend", 200, monotonic_seconds() - began);
  return response;
}

HttpResponse Service::recommend(const HttpRequest& request, const std::string&) {
  const std::shared_ptr<void> reading = std::exchange(request.reading, nullptr);
  Asked asked = reading ? std::move(*static_cast<Asked*>(reading.get())) : read(request);
  look(asked);
  const Recall& recall = asked.now->recall;
  RecallRequest& wanted = asked.body.request;
  if (events_ && !wanted.who.history && !wanted.who.user.empty()) wanted.who.since = events_->of(wanted.who.user);
  RecallAnswer answer = recall.recommend(wanted);
  std::vector<int64_t> brought(recall.channel_names().size());
  for (const RecallAnswer::Item& item : answer.items) {
    for (size_t i = 0; i < brought.size(); ++i) brought[i] += static_cast<int64_t>(item.channels >> i & 1);
  }
  for (size_t i = 0; i < brought.size(); ++i) {
    if (brought[i] > 0) metrics_.count_recall(recall.channel_names()[i], brought[i]);
  }
  auto text = std::make_shared<const std::string>(
      answer_json(answer, recall, options_.recall.fallback, asked.now->version, asked.body.labels ? &asked.now->labels : nullptr, asked.arms_json));
  if (exposures_) exposures_->record(wanted.who.user, asked.arms);
  HttpResponse response{200, *text};
  if (!asked.cache_key.empty()) {
    cache_.insert(asked.cache_key, asked.versions, std::move(text));
    response.headers.emplace_back(kCacheHeader, "miss");
  }
  return response;
}

HttpResponse Service::similar(const HttpRequest& request, const std::string&) {
  const SimilarRequest body = parse_similar(request.body);
  const auto now = state();
  const RecallAnswer answer = now->recall.similar(body.item, body.channel, body.filter, body.k);
  return {200, answer_json(answer, now->recall, options_.recall.fallback, now->version, body.labels ? &now->labels : nullptr)};
}

}  // namespace rechub
