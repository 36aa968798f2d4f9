#include "rechub/models/option_ranges.h"

#include <algorithm>

#include "rechub/base/error.h"

namespace rechub {

void check_range(const std::string& name, int64_t value, int64_t least, int64_t most, const std::string& zero) {
  check(value >= least && value <= most, ErrorKind::kUsage, "{} should be from {}{} to {}, got {}", name, least, zero.empty() ? "" : " (" + zero + ")", most, value);
}

void check_widths(const std::string& name, const std::vector<int64_t>& widths) {
  for (int64_t width : widths) check(width >= 1 && width <= kWidest, ErrorKind::kUsage, "{} should be widths from 1 to {}, got {}", name, kWidest, width);
}

void check_dropout(const std::string& name, double share) { check(share >= 0 && share < 1, ErrorKind::kUsage, "{} should be from 0 to below 1, got {}", name, share); }

void check_choice(const std::string& name, const std::string& value, std::initializer_list<const char*> choices) {
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return;
  std::string list;
  for (const char* const& choice : choices) list += std::string(&choice == choices.begin() ? "" : &choice == choices.end() - 1 ? " or " : ", ") + choice;
  fail(ErrorKind::kUsage, "{} should be {}, got '{}'", name, list, value);
}

}  // namespace rechub
