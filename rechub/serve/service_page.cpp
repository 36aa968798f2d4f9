#include "rechub/serve/embedded.h"
#include "rechub/serve/service_state.h"

namespace rechub {

HttpResponse Service::page(const HttpRequest&, const std::string&) {
  HttpResponse response{200, kPage, "text/html; charset=utf-8"};
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

HttpResponse Service::page_style(const HttpRequest&, const std::string&) { return {200, kPageStyle, "text/css; charset=utf-8"}; }

HttpResponse Service::page_script(const HttpRequest&, const std::string&) { return {200, kPageScript, "text/javascript; charset=utf-8"}; }

HttpResponse Service::page_lookup(const HttpRequest& request, const std::string& id) {
  const auto now = state();
  const std::string text = query_value(request.query, "query");
  if (id == "settings") return {200, now->lookup.settings(now->version, options_.experiments)};
  if (id == "items") return {200, now->lookup.items(text)};
  if (id == "users") return {200, now->lookup.users(text)};
  if (id == "history") return {200, now->lookup.history(text, events_ ? events_->of(text) : std::vector<UserEvent>())};
  return error_response(404, "the page looks up settings, items, users and history");
}

}  // namespace rechub
