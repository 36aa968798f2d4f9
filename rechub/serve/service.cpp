#include "rechub/serve/service.h"

#include <cstring>
#include <exception>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/serve/service_state.h"

namespace rechub {
namespace {

int status_of(ErrorKind kind) { return kind == ErrorKind::kNotFound ? 404 : kind == ErrorKind::kInternal ? 500 : 400; }

// Takes as long for a token that is wrong in its first character as for one that is wrong in its last.
bool is_same_token(const std::string& expected, const std::string& given) {
  unsigned difference = expected.size() == given.size() ? 0 : 1;
  for (size_t i = 0; i < expected.size(); ++i) difference |= static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(i < given.size() ? given[i] : 0);
  return difference == 0;
}

// Of one bundle, the first with the lines of help and type.
std::string metrics_of_items(const std::string& bundle, const ItemStore& store, bool is_first) {
  std::string text;
  if (is_first) text = "# HELP rechub_item_changes items put or removed since the bundle was made\n# TYPE rechub_item_changes gauge\n";
  return text + fmt::format("rechub_item_changes{{bundle=\"{}\"}} {}\n", Metrics::label_value(bundle), store.num_changes());
}

}  // namespace

bool is_json_type(const std::string& content_type) {
  std::string type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  for (char& c : type) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return type.empty() || type == "application/json";
}

struct Service::Route {
  const char* method;
  const char* path;  // ends in "/" where an id follows
  HttpResponse (Service::*handle)(const HttpRequest&, const std::string& id);
  bool is_admin = false;
  bool is_at_once = false;
  bool is_page = false;
};

const std::vector<Service::Route>& Service::routes() {
  static const std::vector<Route> kRoutes = {
      {"POST", "/v1/recommend", &Service::recommend},
      {"POST", "/v1/similar", &Service::similar},
      {"PUT", "/v1/items/", &Service::put_item, true},
      {"DELETE", "/v1/items/", &Service::delete_item, true},
      {"POST", "/v1/events", &Service::add_events, true},
      {"POST", "/v1/reload", &Service::reload, true},
      {"GET", "/healthz", &Service::healthz, false, true},
      {"GET", "/readyz", &Service::readyz, false, true},
      {"GET", "/metrics", &Service::metrics, false, true},
      {"GET", "/openapi.json", &Service::openapi, false, true},
      {"GET", "/", &Service::page, false, true, true},
      {"GET", "/page.css", &Service::page_style, false, true, true},
      {"GET", "/page.js", &Service::page_script, false, true, true},
      {"GET", "/v1/page/", &Service::page_lookup, false, false, true},
  };
  return kRoutes;
}

std::optional<HttpResponse> Service::refused(const Route& route, const HttpRequest& request) const {
  if (route.is_page && !options_.page) return error_response(404, "the page is off (--no-page)");
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
  const std::string method = request.method == "HEAD" ? "GET" : request.method;  // the connection leaves the body out
  std::vector<std::string> methods;
  for (const Route& route : routes()) {
    const size_t length = std::strlen(route.path);
    const bool has_id = length > 1 && route.path[length - 1] == '/';
    const bool is_match = has_id ? request.path.size() > length && request.path.compare(0, length, route.path) == 0 && request.path.find('/', length) == std::string::npos
                                 : request.path == route.path;
    if (!is_match) continue;
    methods.emplace_back(route.method);
    if (methods.back() == "GET") methods.emplace_back("HEAD");
    if (method != route.method) continue;
    is_left = at_once_only && !route.is_at_once;
    return is_left ? HttpResponse() : guarded(route, request, has_id ? request.path.substr(length) : "");
  }
  HttpResponse response = methods.empty() ? error_response(404, "there is no such route; /openapi.json lists them") : error_response(405, "this route has no such method");
  if (!methods.empty()) response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(methods, ", ")));
  metrics_.count_answer("other", response.status, 0);
  return response;
}

std::optional<HttpResponse> Service::at_once(const HttpRequest& request) {
  if (request.method == "POST" && request.path == "/v1/recommend") return kept(request);
  bool is_left = false;
  HttpResponse response = route(request, true, is_left);
  if (is_left) return {};
  return response;
}

HttpResponse Service::answer(const HttpRequest& request) {
  bool is_left = false;
  return route(request, false, is_left);
}

HttpResponse Service::healthz(const HttpRequest&, const std::string&) { return {200, "{\"status\":\"ok\"}"}; }

HttpResponse Service::readyz(const HttpRequest&, const std::string&) {
  if (!is_ready_) return error_response(503, "the service is about to stop");
  return {200, fmt::format("{{\"status\":\"ready\",\"version\":{}}}", state()->version)};
}

HttpResponse Service::metrics(const HttpRequest&, const std::string&) {
  std::string text =
      metrics_.text() + Metrics::line("rechub_version", "gauge", "state of the service: 1 at its start, one more after each reload", static_cast<double>(state()->version));
  const AnswerCache::Statistics kept = cache_.statistics();
  text += Metrics::line("rechub_cache_hits_total", "counter", "answers that were kept and given out again", static_cast<double>(kept.hits));
  text += Metrics::line("rechub_cache_misses_total", "counter", "answers that had to be made", static_cast<double>(kept.misses));
  text += Metrics::line("rechub_cache_bytes", "gauge", "memory of kept answers", static_cast<double>(kept.bytes));
  if (events_) text += Metrics::line("rechub_moved_on_users", "gauge", "users with events since the data's end", static_cast<double>(events_->num_users()));
  if (exposures_) text += Metrics::line("rechub_exposures_dropped_total", "counter", "exposures that could not be written", static_cast<double>(exposures_->num_dropped()));
  for (const auto& [name, store] : stores_) text += metrics_of_items(name, *store, &store == &stores_.begin()->second);
  if (more_metrics_) text += more_metrics_();
  return {200, std::move(text), "text/plain; version=0.0.4; charset=utf-8"};
}

HttpResponse Service::openapi(const HttpRequest&, const std::string&) { return {200, state()->openapi}; }

}  // namespace rechub
