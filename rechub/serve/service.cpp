#include "rechub/serve/service.h"

#include <cstring>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/serve/answer_json.h"
#include "rechub/serve/openapi.h"
#include "rechub/serve/request_json.h"

namespace rechub {
namespace {

int status_of(ErrorKind kind) { return kind == ErrorKind::kNotFound ? 404 : kind == ErrorKind::kInternal ? 500 : 400; }

// Takes as long for a token that is wrong in its first character as for one that is wrong in its last.
bool is_same_token(const std::string& expected, const std::string& given) {
  unsigned difference = expected.size() == given.size() ? 0 : 1;
  for (size_t i = 0; i < expected.size(); ++i) difference |= static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(i < given.size() ? given[i] : 0);
  return difference == 0;
}

bool is_json_type(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  for (char& c : type) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return type.empty() || type == "application/json";
}

}  // namespace

struct Service::State {
  State(std::vector<Recall::NamedEncoder> encoders, const ServiceOptions& options, int64_t number)
      : version(number), recall(std::move(encoders), options.recall), labels(recall.dataset(), "show", options.show) {}
  int64_t version;  // counts swaps, from 1
  Recall recall;
  ItemLabels labels;
};

struct Service::Route {
  const char* method;
  const char* path;  // ends in "/" where an id follows
  HttpResponse (Service::*handle)(const HttpRequest&, const std::string& id);
  bool is_admin = false;
  bool is_at_once = false;
};

const std::vector<Service::Route>& Service::routes() {
  static const std::vector<Route> kRoutes = {
      {"POST", "/v1/recommend", &Service::recommend},           {"POST", "/v1/similar", &Service::similar},        {"POST", "/v1/reload", &Service::reload, true},
      {"GET", "/healthz", &Service::healthz, false, true},      {"GET", "/readyz", &Service::readyz, false, true}, {"GET", "/metrics", &Service::metrics, false, true},
      {"GET", "/openapi.json", &Service::openapi, false, true},
  };
  return kRoutes;
}

Service::Service(std::vector<BundlePath> bundles, ServiceOptions options, Opener open)
    : bundles_(std::move(bundles)), options_(std::move(options)), open_(std::move(open)), state_(open_state(1)) {}

std::shared_ptr<const Service::State> Service::state() const {
  std::lock_guard lock(state_mutex_);
  return state_;
}

std::shared_ptr<const Service::State> Service::open_state(int64_t version) const {
  std::vector<Recall::NamedEncoder> encoders;
  for (const BundlePath& bundle : bundles_) encoders.push_back({bundle.name, open_(bundle.directory)});
  return std::make_shared<const State>(std::move(encoders), options_, version);
}

std::optional<HttpResponse> Service::refused(const Route& route, const HttpRequest& request) const {
  if (route.is_admin && options_.admin_token.empty()) return error_response(404, "this route is off: it needs a token (--admin-token-file or RECHUB_ADMIN_TOKEN)");
  if (route.is_admin && !is_same_token("Bearer " + options_.admin_token, request.authorization)) {
    HttpResponse response = error_response(401, "this route needs the header 'Authorization: Bearer TOKEN' with the service's token");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  if (std::strcmp(route.method, "GET") != 0 && !is_json_type(request.content_type)) return error_response(415, "bodies are JSON: send 'Content-Type: application/json'");
  return {};
}

HttpResponse Service::guarded(const Route& route, const HttpRequest& request, const std::string& id) {
  const double began = monotonic_seconds();
  HttpResponse response;
  try {
    auto refusal = refused(route, request);
    response = refusal ? std::move(*refusal) : (this->*route.handle)(request, id);
  } catch (const Error& error) {
    const int status = status_of(error.kind());
    if (status == 500) log_warning("{} {}: {}", route.method, route.path, error.what());
    response = error_response(status, status == 500 ? "internal error; the service's log says more" : error.what());
  } catch (const std::exception& error) {
    log_warning("{} {}: {}", route.method, route.path, error.what());
    response = error_response(500, "internal error; the service's log says more");
  }
  metrics_.count_answer(route.path, response.status, monotonic_seconds() - began);
  return response;
}

HttpResponse Service::route(const HttpRequest& request, bool at_once_only, bool& is_left) {
  is_left = false;
  std::vector<std::string> methods;
  for (const Route& route : routes()) {
    const size_t length = std::strlen(route.path);
    const bool has_id = length > 1 && route.path[length - 1] == '/';
    const bool is_match = has_id ? request.path.size() > length && request.path.compare(0, length, route.path) == 0 && request.path.find('/', length) == std::string::npos
                                 : request.path == route.path;
    if (!is_match) continue;
    methods.emplace_back(route.method);
    if (request.method != route.method) continue;
    is_left = at_once_only && !route.is_at_once;
    return is_left ? HttpResponse() : guarded(route, request, has_id ? request.path.substr(length) : "");
  }
  HttpResponse response = methods.empty() ? error_response(404, "there is no such route; /openapi.json lists them") : error_response(405, "this route has no such method");
  if (!methods.empty()) response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(methods, ", ")));
  metrics_.count_answer("other", response.status, 0);
  return response;
}

std::optional<HttpResponse> Service::at_once(const HttpRequest& request) {
  bool is_left = false;
  HttpResponse response = route(request, true, is_left);
  if (is_left) return {};
  return response;
}

HttpResponse Service::answer(const HttpRequest& request) {
  bool is_left = false;
  return route(request, false, is_left);
}

HttpResponse Service::recommend(const HttpRequest& request, const std::string&) {
  const RecommendBody body = parse_recommend(request.body);
  const auto now = state();
  const RecallAnswer answer = now->recall.recommend(body.request);
  std::vector<int64_t> brought(now->recall.channel_names().size());
  for (const RecallAnswer::Item& item : answer.items) {
    for (size_t i = 0; i < brought.size(); ++i) brought[i] += static_cast<int64_t>(item.channels >> i & 1);
  }
  for (size_t i = 0; i < brought.size(); ++i) {
    if (brought[i] > 0) metrics_.count_recall(now->recall.channel_names()[i], brought[i]);
  }
  return {200, answer_json(answer, now->recall, options_.recall.fallback, now->version, body.labels ? &now->labels : nullptr)};
}

HttpResponse Service::similar(const HttpRequest& request, const std::string&) {
  const SimilarRequest body = parse_similar(request.body);
  const auto now = state();
  const RecallAnswer answer = now->recall.similar(body.item, body.channel, body.filter, body.k);
  return {200, answer_json(answer, now->recall, options_.recall.fallback, now->version, body.labels ? &now->labels : nullptr)};
}

HttpResponse Service::reload(const HttpRequest& request, const std::string&) {
  parse_empty(request.body);
  const std::unique_lock lock(reload_mutex_, std::try_to_lock);
  if (!lock) return error_response(409, "the bundles are being opened already");
  std::shared_ptr<const State> next;
  try {
    next = open_state(state()->version + 1);
  } catch (const Error& error) {
    log_warning("reload refused, the old bundles stay: {}", error.what());
    return error_response(409, fmt::format("the old bundles stay, as the new ones cannot be used: {}", error.what()));
  }
  const int64_t version = next->version;
  {
    std::lock_guard state_lock(state_mutex_);
    state_.swap(next);
  }
  log_info("bundles opened anew, version {}", version);
  return {200, fmt::format("{{\"version\":{}}}", version)};
}

HttpResponse Service::healthz(const HttpRequest&, const std::string&) { return {200, "{\"status\":\"ok\"}"}; }

HttpResponse Service::readyz(const HttpRequest&, const std::string&) {
  if (!is_ready_) return error_response(503, "the service is about to stop");
  return {200, fmt::format("{{\"status\":\"ready\",\"version\":{}}}", state()->version)};
}

HttpResponse Service::metrics(const HttpRequest&, const std::string&) {
  std::string text =
      metrics_.text() + Metrics::line("rechub_version", "gauge", "state of the service: 1 at its start, one more after each reload", static_cast<double>(state()->version));
  if (more_metrics_) text += more_metrics_();
  return {200, std::move(text), "text/plain; version=0.0.4; charset=utf-8"};
}

HttpResponse Service::openapi(const HttpRequest&, const std::string&) { return {200, openapi_document(state()->recall)}; }

}  // namespace rechub
