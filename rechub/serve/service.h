#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "rechub/serve/cache.h"
#include "rechub/serve/experiments.h"
#include "rechub/serve/exposure_log.h"
#include "rechub/serve/http_message.h"
#include "rechub/serve/item_store.h"
#include "rechub/serve/metrics.h"
#include "rechub/serve/recall.h"
#include "rechub/serve/user_events.h"

namespace rechub {

struct ServiceOptions {
  RecallOptions recall;
  std::vector<std::string> show;     // item features whose values are an item's label
  std::string admin_token;           // "": routes that change something are off
  std::string data_dir;              // where changes of items, events and exposures are kept; "": /v1/items and /v1/events are off
  Experiments experiments;           // arms change what requests do not say themselves
  int64_t cache_bytes = 64ll << 20;  // of answers kept
  bool page = true;                  // the page at / and what it looks up
};

// The routes of the service, as functions from request to answer; HttpServer calls them. All calls are thread-safe.
//
//   POST /v1/recommend /v1/similar      GET /healthz /readyz /metrics /openapi.json
//   GET / /page.css /page.js, /v1/page/... what the page looks up
//   PUT, DELETE /v1/items/ID (admin)    a vector, or features that the models' item towers make one of; visible and on the disk when it is answered
//   POST /v1/events (admin)             users' histories move on
//   POST /v1/reload (admin)             opens the bundles anew; the old ones answer until the new ones are ready, and stay where a new one is broken (409)
//
// Answers come whole from one state of the service: whoever asks while bundles are swapped gets the old ones or the new ones. Errors are {"error": {"status": ..., "message": ...}}
// with texts of ours; what another library says goes to the log alone.
class Service {
 public:
  struct BundlePath {
    std::string name, directory;
  };
  using Opener = std::function<std::unique_ptr<Encoder>(const std::string& directory)>;

  // Opens the bundles and what the disk keeps; throws what the opener, Recall and the stores throw.
  Service(std::vector<BundlePath> bundles, ServiceOptions options, Opener open);
  ~Service();

  std::optional<HttpResponse> at_once(const HttpRequest& request);  // what needs no model: answers in microseconds, or nothing
  HttpResponse answer(const HttpRequest& request);
  void stop() { is_ready_ = false; }  // /readyz says 503 from here on

  // Lines that /metrics says beside the service's own.
  void set_more_metrics(std::function<std::string()> more) { more_metrics_ = std::move(more); }

 private:
  struct Route;
  struct State;  // bundles and what rests on them (service_state.h)
  struct Asked;  // a request for recommendations, with its arms and what its answer depends on
  static const std::vector<Route>& routes();
  HttpResponse guarded(const Route& route, const HttpRequest& request, const std::string& id);
  std::optional<HttpResponse> refused(const Route& route, const HttpRequest& request) const;
  HttpResponse route(const HttpRequest& request, bool at_once_only, bool& is_left);

  std::shared_ptr<State> state() const;
  std::unique_ptr<State> open_state(int64_t version) const;
  std::vector<ItemStore::Prepared> prepare_items(State& state) const;
  void put_features(State& state, uint64_t& after) const;
  void publish(std::unique_ptr<State> next);

  Asked read(const HttpRequest& request) const;
  void look(Asked& asked) const;
  std::optional<HttpResponse> kept(const HttpRequest& request);
  HttpResponse recommend(const HttpRequest& request, const std::string& id);
  HttpResponse similar(const HttpRequest& request, const std::string& id);
  HttpResponse put_item(const HttpRequest& request, const std::string& id);
  HttpResponse delete_item(const HttpRequest& request, const std::string& id);
  HttpResponse add_events(const HttpRequest& request, const std::string& id);
  HttpResponse reload(const HttpRequest& request, const std::string& id);
  HttpResponse healthz(const HttpRequest& request, const std::string& id);
  HttpResponse readyz(const HttpRequest& request, const std::string& id);
  HttpResponse metrics(const HttpRequest& request, const std::string& id);
  HttpResponse openapi(const HttpRequest& request, const std::string& id);
  HttpResponse page(const HttpRequest& request, const std::string& id);
  HttpResponse page_style(const HttpRequest& request, const std::string& id);
  HttpResponse page_script(const HttpRequest& request, const std::string& id);
  HttpResponse page_lookup(const HttpRequest& request, const std::string& id);

  const std::vector<BundlePath> bundles_;
  const ServiceOptions options_;
  const Opener open_;
  Metrics metrics_;
  std::function<std::string()> more_metrics_;
  std::atomic<bool> is_ready_{true};
  AnswerCache cache_;
  std::map<std::string, std::unique_ptr<ItemStore>> stores_;  // by bundle; empty without data_dir
  std::unique_ptr<UserEvents> events_;                        // null without data_dir
  std::unique_ptr<ExposureLog> exposures_;                    // null without data_dir or experiments
  std::mutex reload_mutex_;                                   // held while bundles are opened
  std::shared_mutex items_mutex_;                             // shared by changes of items, held alone while stores go over to new bundles,
  std::atomic<bool> is_swapping_{false};                      // which no change begins before: changes that overlap would hold it up for ever
  mutable std::mutex state_mutex_;                            // of state_
  std::shared_ptr<State> state_;
};

}  // namespace rechub
