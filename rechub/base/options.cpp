#include "rechub/base/options.h"

#include <algorithm>
#include <numeric>

namespace rechub {
namespace {

// Capital letters and dashes are spelling, not slips.
std::string folded(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-') c = '_';
  }
  return name;
}

// Damerau-Levenshtein distance (optimal string alignment: no part is edited twice), three rows of the table at a time.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_name(const std::string& name, const std::vector<std::string>& known) {
  constexpr size_t kLongestName = 100;  // nobody mistypes more, and the distance costs the product of the lengths
  if (name.empty() || name.size() > kLongestName) return "";
  std::string best;
  size_t best_distance = kLongestName;
  const std::string wanted = folded(name);
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestName) continue;
    const size_t longer = std::max(name.size(), candidate.size());
    const size_t distance = edit_distance(wanted, folded(candidate));
    const bool is_slip = distance <= std::max<size_t>(1, longer / 3) && distance < std::min(name.size(), candidate.size());
    if ((is_slip || distance == 0) && distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

}  // namespace rechub
