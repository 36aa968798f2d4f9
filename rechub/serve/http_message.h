#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rechub {

// A request that was read whole and is well formed as HTTP. What it says beyond that is the client's text.
struct HttpRequest {
  std::string method;         // "GET", "POST", ...
  std::string path, query;    // of the target, on both sides of the first '?', percent-encoded as they came
  std::string authorization;  // the header's value, or ""
  std::string content_type;
  std::string body;

  mutable std::shared_ptr<void> reading = nullptr;  // what a handler that leaves the answer to a worker has made of it, for the worker: one after the other, never at once
};

struct HttpResponse {
  int status = 200;
  std::string body;
  const char* content_type = "application/json";
  std::vector<std::pair<const char*, std::string>> headers = {};  // further ones: texts of ours, never of a request
};

// {"error": {"status": 404, "message": "..."}}
HttpResponse error_response(int status, const std::string& message);

}  // namespace rechub
