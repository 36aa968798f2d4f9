#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <map>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/serve/bundle_names.h"
#include "rechub/serve/openapi.h"
#include "rechub/serve/service_state.h"

namespace rechub {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kLongestId = 200;  // characters of ids that are kept
constexpr size_t kMostEvents = 200;  // of a request

// True while it lives.
struct Raised {
  explicit Raised(std::atomic<bool>& flag) : flag(flag) { flag = true; }
  ~Raised() { flag = false; }
  std::atomic<bool>& flag;
};

HttpResponse swap_under_way() {
  HttpResponse response = error_response(503, "bundles are being swapped: try again");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

void check_id(const std::string& id) {
  const auto characters = std::count_if(id.begin(), id.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  check(!id.empty() && characters <= kLongestId, ErrorKind::kUsage, "an id may have 1 to {} characters, this one has {}", kLongestId, characters);
}

std::string read_id(const std::string& encoded) {
  std::string id = decode_percent(encoded, false);
  check_id(id);
  return id;
}

// That no arm asks for what no request may: of these bundles, as a feature that one has another may lack.
void check_arms(const Experiments& experiments, const Recall& recall) {
  for (const Experiment& experiment : experiments.list()) {
    for (const Arm& arm : experiment.arms) {
      try {
        for (const char* key : {"user", "history", "arms"}) check(!arm.settings.contains(key), ErrorKind::kUsage, "an arm cannot set \"{}\"", key);
        check_arm_keys(arm.settings);
        recall.check_request(parse_recommend(arm.settings).request);
      } catch (const Error& error) {
        throw Error(ErrorKind::kUsage, fmt::format("experiment {}, arm {}: {}", experiment.name, arm.name, error.what()));
      }
    }
  }
}

// How many of the events change no history, as every bundle's data has the user at least so far.
int64_t num_known(const std::vector<EventBody>& events, const Recall& recall) {
  return std::count_if(events.begin(), events.end(), [&](const EventBody& event) {
    const UserRequest who{event.user, {}, {}, {}, {event.event}};
    for (size_t i = 0; i < recall.num_models(); ++i) {
      if (!news(recall.model(i).encoder().dataset(), who).empty()) return false;
    }
    return true;
  });
}

const char* const kNeedsData = "this route is off: the service keeps no changes without --data-dir";

}  // namespace

Service::Service(std::vector<BundlePath> bundles, ServiceOptions options, Opener open)
    : bundles_(std::move(bundles)),
      options_([&] {
        for (const Experiment& experiment : options.experiments.list()) {
          for (const Arm& arm : experiment.arms) options.recall.calibrate |= arm.settings.value("fusion", nlohmann::json()) == "calibrated";
        }
        return std::move(options);
      }()),
      open_(std::move(open)),
      cache_(options_.cache_bytes) {
  std::vector<std::string> names;
  for (const BundlePath& bundle : bundles_) names.push_back(bundle.name);
  check_bundle_names(names);  // before their files are opened: a store of the same name would be taken for another process's
  if (!options_.data_dir.empty()) {
    std::error_code error;
    fs::create_directories(options_.data_dir, error);
    check(!error, ErrorKind::kData, "{}: cannot be made: {}", options_.data_dir, error.message());
    for (const BundlePath& bundle : bundles_) stores_[bundle.name] = std::make_unique<ItemStore>(options_.data_dir + "/items-" + bundle.name + ".log");
    events_ = std::make_unique<UserEvents>(options_.data_dir + "/events.log");
    if (!options_.experiments.list().empty()) exposures_ = std::make_unique<ExposureLog>(options_.data_dir + "/exposures.jsonl");
  }
  publish(open_state(1));
}

Service::~Service() = default;

std::shared_ptr<Service::State> Service::state() const {
  std::lock_guard lock(state_mutex_);
  return state_;
}

std::unique_ptr<Service::State> Service::open_state(int64_t version) const {
  std::vector<Recall::NamedEncoder> encoders;
  for (const BundlePath& bundle : bundles_) encoders.push_back({bundle.name, open_(bundle.directory)});
  auto state = std::make_unique<State>(std::move(encoders), options_, version);
  check_arms(options_.experiments, state->recall);
  state->openapi = openapi_document(state->recall, options_.experiments);
  return state;
}

// Items that can be changed, with all changes kept so far, for the models of a state that no request sees yet; by bundle, none without data_dir.
std::vector<ItemStore::Prepared> Service::prepare_items(State& state) const {
  std::vector<ItemStore::Prepared> prepared;
  for (size_t i = 0; i < bundles_.size() && !stores_.empty(); ++i) {
    ModelChannel& model = state.recall.model(i);
    ItemStore::Model adopted{model.encoder().space(), model.base(), model.encoder().dim(), model.live_options(), {}};
    adopted.encode = [&state, &model, i](const std::string& source) {
      const nlohmann::json given = nlohmann::json::parse(source), part = state.recall.item_part(i, given);
      check(given.empty() || !part.empty(), ErrorKind::kUsage, "the data has none of its features");
      return model.encoder().encode_item(part);
    };
    prepared.push_back(stores_.at(bundles_[i].name)->prepare(std::move(adopted)));
    model.use(prepared.back().items);
  }
  return prepared;
}

// The features of live items, for the channels without a model, of the bundle they know items by. What does not suit the data any more is left out.
void Service::put_features(State& state, uint64_t& after) const {
  if (stores_.empty()) return;
  for (const auto& [item, source] : stores_.at(bundles_[state.recall.described()].name)->sources(after)) {
    try {
      state.recall.change(item, source.empty() ? nlohmann::json() : nlohmann::json::parse(source))();
    } catch (const Error& error) {
      log_warning("item {} is left out of channels without a model: {}", item, error.what());
      state.recall.change(item, {})();
    }
  }
}

void Service::publish(std::unique_ptr<State> next) {
  std::vector<ItemStore::Prepared> prepared = prepare_items(*next);
  uint64_t features_until = 0;
  put_features(*next, features_until);
  const auto catch_up = [&] {
    for (size_t i = 0; i < prepared.size(); ++i) stores_.at(bundles_[i].name)->catch_up(prepared[i]);
  };
  catch_up();  // with what came while other bundles were prepared: little is left for the time without changes
  std::shared_ptr<State> fresh = std::move(next), old;
  {
    const Raised swapping(is_swapping_);
    const std::unique_lock no_changes(items_mutex_);
    catch_up();  // the last steps that may fail; nothing that is served has changed so far
    put_features(*fresh, features_until);
    for (size_t i = 0; i < prepared.size(); ++i) {
      const ItemStore::Adoption done = stores_.at(bundles_[i].name)->commit(std::move(prepared[i]));
      if (done.num_applied + done.num_left_out > 0) {
        log_info("{}: {} changed items, {} of them encoded anew; {} left out, as their vectors are of another model", bundles_[i].name, done.num_applied, done.num_encoded,
                 done.num_left_out);
      }
    }
    std::lock_guard lock(state_mutex_);
    old = std::exchange(state_, std::move(fresh));
  }
  // Letting go of bundles takes time, which is spent here and not in a request that happens to be the last to use them.
  for (int i = 0; i < 1000 && old.use_count() > 1; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

HttpResponse Service::put_item(const HttpRequest& request, const std::string& encoded) {
  if (stores_.empty()) return error_response(404, kNeedsData);
  const std::string id = read_id(encoded);
  const ItemBody body = parse_item(request.body);
  const std::shared_lock changes(items_mutex_, std::try_to_lock);
  if (!changes || is_swapping_) return swap_under_way();
  const auto now = state();
  std::map<size_t, std::vector<float>> vectors;  // by model; all are made before one is put
  std::vector<std::string> names;
  std::vector<BundleNames> meant;
  for (size_t i = 0; i < bundles_.size(); ++i) {
    names.push_back(bundles_[i].name);
    if (body.channel.empty() || body.channel == bundles_[i].name) meant.push_back({bundles_[i].name, now->recall.known(i).item_features});
  }
  if (bundles_.size() > 1 && !meant.empty()) check_some_knows(body.features, "item feature", meant);
  for (size_t i = 0; i < bundles_.size(); ++i) {
    if (!body.channel.empty() && body.channel != bundles_[i].name) continue;
    const Encoder& encoder = now->recall.model(i).encoder();
    const bool has_features = !encoder.dataset().item_features().empty() || bundles_.size() == 1 || !body.channel.empty();
    const nlohmann::json part = now->recall.item_part(i, body.features);
    if (body.features.is_null()) {
      vectors[i] = body.vector;
    } else if (has_features && (body.features.empty() || !part.empty())) {
      vectors[i] = encoder.encode_item(part);
    }
  }
  check(!vectors.empty() && (!body.features.is_null() || vectors.size() == 1), ErrorKind::kUsage, "\"channel\" must say which bundle the item is for: {}", fmt::join(names, ", "));
  const auto check_put = [](bool is_put) { check(is_put, ErrorKind::kInternal, "an item was put while bundles were swapped"); };
  for (const auto& [i, vector] : vectors) {
    const Encoder& encoder = now->recall.model(i).encoder();
    check(static_cast<int64_t>(vector.size()) == encoder.dim(), ErrorKind::kUsage, "\"vector\" must have {} numbers for {}, got {}", encoder.dim(), bundles_[i].name,
          vector.size());
    if (vectors.size() > 1) check_put(stores_.at(bundles_[i].name)->accepts(encoder.space(), id, vector));  // all take it, or none gets it
  }
  const std::string source = body.features.is_null() ? "" : body.features.dump();
  const size_t described = now->recall.described();
  const ItemStore::Before use_features = vectors.contains(described) ? now->recall.change(id, body.features) : nullptr;
  nlohmann::json put = nlohmann::json::array();
  for (const auto& [i, vector] : vectors) {
    check_put(stores_.at(bundles_[i].name)->put(now->recall.model(i).encoder().space(), id, vector, source, i == described ? use_features : nullptr));
    put.push_back(bundles_[i].name);
  }
  return {200, nlohmann::json{{"item", id}, {"channels", put}}.dump()};
}

HttpResponse Service::delete_item(const HttpRequest&, const std::string& encoded) {
  if (stores_.empty()) return error_response(404, kNeedsData);
  const std::string id = read_id(encoded);
  const std::shared_lock changes(items_mutex_, std::try_to_lock);
  if (!changes || is_swapping_) return swap_under_way();
  const auto now = state();
  nlohmann::json removed = nlohmann::json::array();
  for (const BundlePath& bundle : bundles_) {
    const ItemStore::Before drop_features = &bundle == &bundles_[now->recall.described()] ? now->recall.change(id, {}) : nullptr;
    if (stores_.at(bundle.name)->remove(id, drop_features)) removed.push_back(bundle.name);
  }
  check(!removed.empty(), ErrorKind::kNotFound, "there is no item '{}'", id);
  return {200, nlohmann::json{{"item", id}, {"channels", removed}}.dump()};
}

HttpResponse Service::add_events(const HttpRequest& request, const std::string&) {
  if (!events_) return error_response(404, kNeedsData);
  const std::vector<EventBody> events = parse_events(request.body, std::time(nullptr));
  check(events.size() <= kMostEvents, ErrorKind::kUsage, "a request may have {} events, this one has {}", kMostEvents, events.size());
  UserEvents::ByUser by_user;
  for (const EventBody& event : events) {
    check_id(event.user);
    check_id(event.event.item);
    by_user[event.user].push_back(event.event);
  }
  events_->append(by_user);
  return {200, fmt::format("{{\"events\":{},\"known\":{}}}", events.size(), num_known(events, state()->recall))};
}

HttpResponse Service::reload(const HttpRequest& request, const std::string&) {
  parse_empty(request.body);
  const std::unique_lock lock(reload_mutex_, std::try_to_lock);
  if (!lock) return error_response(409, "the bundles are being opened already");
  const int64_t version = state()->version + 1;
  try {
    publish(open_state(version));
  } catch (const Error& error) {
    log_warning("reload refused, the old bundles stay: {}", error.what());
    return error_response(409, fmt::format("the old bundles stay, as the new ones cannot be used: {}", error.what()));
  }
  log_info("bundles opened anew, version {}", version);
  return {200, fmt::format("{{\"version\":{}}}", version)};
}

}  // namespace rechub
