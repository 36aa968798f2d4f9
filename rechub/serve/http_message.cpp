#include "rechub/serve/http_message.h"

#include <nlohmann/json.hpp>

namespace rechub {

HttpResponse error_response(int status, const std::string& message) {
  const nlohmann::json error = {{"error", {{"message", message}, {"status", status}}}};
  return {status, error.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace rechub
