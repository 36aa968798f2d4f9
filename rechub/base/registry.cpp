#include "rechub/base/registry.h"

#include <algorithm>

namespace rechub {

std::string unknown_name_message(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  std::string message = "unknown " + what + " '" + name + "'";
  const std::string nearest = nearest_name(name, known);
  if (!nearest.empty()) message += " (did you mean " + nearest + "?)";
  message += known.empty() ? ": none is known here" : ": known are ";
  for (size_t i = 0; i < known.size(); ++i) message += (i ? ", " : "") + known[i];
  return message;
}

void check_known(const std::string& what, const std::string& name, const std::vector<std::string>& known, const std::string& source) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  throw Error(ErrorKind::kUsage, (source.empty() ? "" : source + ": ") + unknown_name_message(what, name, known));
}

}  // namespace rechub
