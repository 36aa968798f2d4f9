#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/bundle/bundle_encoder.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/serve/http_server.h"
#include "rechub/serve/service.h"

namespace rechub::cli {
namespace {

struct ServeCommand {
  std::vector<std::string> bundles, show;
  std::string admin_token_file, experiments, data_dir;
  double cache_megabytes = 64;
  bool page = true;
};

// "DIRECTORY", named by its last part up to the first dot, or "NAME=DIRECTORY".
Service::BundlePath bundle_path(const std::string& text) {
  const size_t sign = text.find('=');
  if (sign != std::string::npos && !std::filesystem::exists(text)) return {text.substr(0, sign), text.substr(sign + 1)};
  std::filesystem::path path = std::filesystem::path(text).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename().string();
  return {name.substr(0, name.find('.', 1)), text};
}

std::string read_token(const std::string& path) {
  const char* from_environment = std::getenv("RECHUB_ADMIN_TOKEN");
  std::string token = from_environment == nullptr ? "" : from_environment;
  if (!path.empty()) {
    std::ifstream file(path);
    check(file.good(), ErrorKind::kNotFound, "{}: there is no such file", path);
    std::getline(file, token);
    if (!token.empty() && token.back() == '\r') token.pop_back();
    check(!token.empty(), ErrorKind::kData, "{}: the first line must hold the token", path);
  }
  const bool is_plain = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  check(is_plain && (token.empty() || token.size() >= 16), ErrorKind::kData, "the admin token must have 16 characters or more, of ASCII without spaces");
  return token;
}

std::string metrics_of(const HttpCounts& counts) {
  return Metrics::line("rechub_connections_open", "gauge", "open connections", static_cast<double>(counts.open)) +
         Metrics::line("rechub_connections_total", "counter", "connections since the start", static_cast<double>(counts.accepted)) +
         Metrics::line("rechub_connections_evicted_total", "counter", "silent connections closed to make room", static_cast<double>(counts.evicted)) +
         Metrics::line("rechub_requests_refused_total", "counter", "requests that were no HTTP of ours, or too large", static_cast<double>(counts.refused)) +
         Metrics::line("rechub_requests_overloaded_total", "counter", "requests answered 503 as too many waited", static_cast<double>(counts.overloaded)) +
         Metrics::line("rechub_requests_waiting", "gauge", "requests that wait for a worker or run", static_cast<double>(counts.waiting));
}

}  // namespace

int run_serve(int argc, const char* const* argv) {
  ServeCommand command;
  HttpOptions http;
  ServiceOptions options;
  Arguments arguments("serve", "Answer requests for recommendations over HTTP, from one bundle or several.");
  arguments.positional("bundles", command.bundles, "directories of bundles, each named by its last part up to the first dot (sasrec.bundle is sasrec), or NAME=DIRECTORY");
  arguments.flag("show", command.show, "item features that label an item for people");
  arguments.flag("admin-token-file", command.admin_token_file,
                 "file whose first line is the token for routes that change something; else RECHUB_ADMIN_TOKEN; without either they are off");
  arguments.flag("data-dir", command.data_dir, "directory where changes of items, users' events and exposures are kept; without it those routes are off");
  arguments.flag("experiments", command.experiments, "TOML file of experiments and their arms (docs/serving.md); needs --data-dir, where exposures are logged");
  arguments.flag("cache-megabytes", command.cache_megabytes, "memory for answers to requests that come again, 1 or more; 0: none are kept");
  arguments.flag("page", command.page, "the page at / that shows what would be recommended, with users' histories");
  arguments.section("recall", options.recall);
  arguments.section("http", http);
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  http.validate();
  check(command.cache_megabytes == 0 || (command.cache_megabytes >= 1 && command.cache_megabytes <= 1e6), ErrorKind::kUsage,
        "--cache-megabytes must be from 1 to 1,000,000, or 0 for no cache, got {}", command.cache_megabytes);
  options.show = command.show;
  options.page = command.page;
  options.data_dir = command.data_dir;
  options.cache_bytes = static_cast<int64_t>(command.cache_megabytes * (1 << 20));
  check(command.experiments.empty() || !command.data_dir.empty(), ErrorKind::kUsage,
        "--experiments needs --data-dir: who was shown what is logged there, and cannot be told later");
  if (!command.experiments.empty()) options.experiments = Experiments::read(command.experiments);
  options.admin_token = read_token(command.admin_token_file);
  if (!command.data_dir.empty() && options.admin_token.empty()) {
    log_warning("--data-dir without a token: the routes that change something stay off; give --admin-token-file or RECHUB_ADMIN_TOKEN");
  }

  std::vector<Service::BundlePath> bundles;
  for (const std::string& text : command.bundles) bundles.push_back(bundle_path(text));
  const int workers = num_threads();
  at::set_num_threads(num_threads());
  Service service(std::move(bundles), std::move(options), open_encoder);
  // Requests run beside each other, not each on all cores. LibTorch gives every thread that first uses it the number that was set last, whatever the thread itself has set.
  at::set_num_threads(1);

  HttpServer::Handlers handlers;
  handlers.at_once = [&](const HttpRequest& request) { return service.at_once(request); };
  handlers.worker = [&](const HttpRequest& request) {
    thread_local const bool is_set_up = [] {
      set_num_threads(1);  // of this worker
      return true;
    }();
    static_cast<void>(is_set_up);
    return service.answer(request);
  };
  handlers.on_stop = [&] {
    service.stop();
    log_info("stopping: what runs is finished");
  };
  // One worker more than cores: opening bundles anew keeps one of them busy.
  HttpServer server(http, workers + 1, std::move(handlers));
  service.set_more_metrics([&] { return metrics_of(server.counts()); });
  const std::string host = http.host.find(':') == std::string::npos ? http.host : "[" + http.host + "]";
  print_result(fmt::format("serving on http://{}:{}\n", host, server.port()));
  std::fflush(stdout);
  if (server.run()) return 0;
  log_warning("some requests did not end in time and were given up");
  std::_Exit(0);
}

}  // namespace rechub::cli
