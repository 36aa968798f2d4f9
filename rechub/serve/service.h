#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "rechub/data/item_labels.h"
#include "rechub/serve/http_message.h"
#include "rechub/serve/metrics.h"
#include "rechub/serve/recall.h"

namespace rechub {

struct ServiceOptions {
  RecallOptions recall;
  std::vector<std::string> show;  // item features whose values are an item's label
  std::string admin_token;        // "": routes that change something are off
};

// The routes of the service, as functions from request to answer; HttpServer calls them. All calls are thread-safe.
//
//   POST /v1/recommend /v1/similar      GET /healthz /readyz /metrics /openapi.json
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

  // Opens the bundles; throws what the opener and Recall throw.
  Service(std::vector<BundlePath> bundles, ServiceOptions options, Opener open);

  std::optional<HttpResponse> at_once(const HttpRequest& request);  // what needs no model: answers in microseconds, or nothing
  HttpResponse answer(const HttpRequest& request);
  void stop() { is_ready_ = false; }  // /readyz says 503 from here on

  // Lines that /metrics says beside the service's own.
  void set_more_metrics(std::function<std::string()> more) { more_metrics_ = std::move(more); }

 private:
  struct Route;
  struct State;  // bundles and what rests on them
  static const std::vector<Route>& routes();
  std::shared_ptr<const State> state() const;
  std::shared_ptr<const State> open_state(int64_t version) const;
  HttpResponse guarded(const Route& route, const HttpRequest& request, const std::string& id);
  std::optional<HttpResponse> refused(const Route& route, const HttpRequest& request) const;
  HttpResponse route(const HttpRequest& request, bool at_once_only, bool& is_left);

  HttpResponse recommend(const HttpRequest& request, const std::string& id);
  HttpResponse similar(const HttpRequest& request, const std::string& id);
  HttpResponse reload(const HttpRequest& request, const std::string& id);
  HttpResponse healthz(const HttpRequest& request, const std::string& id);
  HttpResponse readyz(const HttpRequest& request, const std::string& id);
  HttpResponse metrics(const HttpRequest& request, const std::string& id);
  HttpResponse openapi(const HttpRequest& request, const std::string& id);

  const std::vector<BundlePath> bundles_;
  const ServiceOptions options_;
  const Opener open_;
  Metrics metrics_;
  std::function<std::string()> more_metrics_;
  std::atomic<bool> is_ready_{true};
  std::mutex reload_mutex_;         // held while bundles are opened
  mutable std::mutex state_mutex_;  // of state_
  std::shared_ptr<const State> state_;
};

}  // namespace rechub
