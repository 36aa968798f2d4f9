#include "rechub/cli/search_space.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "rechub/base/error.h"
#include "rechub/base/random.h"

namespace rechub::cli {
namespace {

constexpr const char* kMainSettings[] = {
    "optimizer.learning_rate=3e-4:1e-2:log",
    "optimizer.weight_decay=0|1e-4|1e-3|1e-2",
    "training.batch_size=128|256|512|1024",
    "model.dim=32|64|128",
    "model.dropout=0.0:0.7",
    "model.hidden_dropout=0.0:0.7",
    "model.num_layers=1|2|3",
    "model.num_heads=1|2|4",
    "model.hidden_size=64|128|256",
    "model.n_interest=2|4|8",
    "model.margin=0.05:0.5",
};
// Of cosines only: a dot product of tied vectors has its scale in the weights.
constexpr const char* kTemperature = "model.temperature=0.02:0.3:log";

std::vector<std::string> cut(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::optional<double> number_of(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

bool is_whole_text(const std::string& text) { return !text.empty() && text.find_first_not_of("-0123456789") == std::string::npos; }

constexpr int64_t kPrimes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};

// The digits of `index` in `base`, each place permuted at random, behind the point.
double scrambled_halton(int64_t index, int64_t base, uint64_t seed) {
  double value = 0, unit = 1 / static_cast<double>(base);
  std::vector<int64_t> digits(base);
  for (uint64_t place = 0; unit > 1e-9; ++place, index /= base, unit /= static_cast<double>(base)) {
    Random random(mix({seed, place}));
    for (int64_t d = 0; d < base; ++d) digits[d] = d;
    for (int64_t d = base - 1; d > 0; --d) std::swap(digits[d], digits[random.below(static_cast<uint64_t>(d) + 1)]);
    value += static_cast<double>(digits[index % base]) * unit;
  }
  return value;
}

bool has_setting(const nlohmann::json& config, const std::string& setting) {
  const size_t dot = setting.find('.');
  const auto section = config.find(setting.substr(0, dot));
  return section != config.end() && section->contains(setting.substr(dot + 1));
}

}  // namespace

SearchDimension parse_dimension(const std::string& text) {
  const size_t equals = text.find('='), dot = text.find('.');
  const bool is_named = equals != std::string::npos && dot != std::string::npos && dot > 0 && dot + 1 < equals;
  check(is_named, ErrorKind::kUsage, "a range to search must be SECTION.KEY=LOW:HIGH, SECTION.KEY=LOW:HIGH:log or SECTION.KEY=A|B|C, got '{}'", text);
  SearchDimension dimension;
  dimension.setting = text.substr(0, equals);
  const std::string values = text.substr(equals + 1);
  if (values.find(':') == std::string::npos) {
    dimension.choices = cut(values, '|');
    const bool is_full = std::none_of(dimension.choices.begin(), dimension.choices.end(), [](const std::string& choice) { return choice.empty(); });
    check(is_full, ErrorKind::kUsage, "{}: expected choices A|B|C, got '{}'", dimension.setting, values);
    return dimension;
  }
  const std::vector<std::string> parts = cut(values, ':');
  const auto low = number_of(parts[0]), high = number_of(parts[1]);
  dimension.is_log = parts.size() == 3 && parts[2] == "log";
  const bool is_range = low && high && *low < *high && (parts.size() == 2 || dimension.is_log);
  check(is_range, ErrorKind::kUsage, "{}: expected LOW:HIGH or LOW:HIGH:log with LOW < HIGH, got '{}'", dimension.setting, values);
  check(!dimension.is_log || *low > 0, ErrorKind::kUsage, "{}: a logarithmic range must start above 0, got {}", dimension.setting, parts[0]);
  dimension.low = *low, dimension.high = *high;
  dimension.is_whole = is_whole_text(parts[0]) && is_whole_text(parts[1]);
  return dimension;
}

std::string SearchDimension::value(double position) const {
  if (!choices.empty()) return choices[std::min(static_cast<size_t>(position * static_cast<double>(choices.size())), choices.size() - 1)];
  // Every whole number of a range has the same share of it.
  const double from = is_whole ? low - 0.5 : low, to = is_whole ? high + 0.5 : high;
  const double value = is_log ? std::exp(std::log(from) + position * (std::log(to) - std::log(from))) : from + position * (to - from);
  if (!is_whole) return fmt::format("{:.3g}", value);
  return fmt::format("{:.0f}", std::clamp(std::round(value), low, high));
}

nlohmann::json SearchDimension::to_json() const {
  if (!choices.empty()) return {{"setting", setting}, {"choices", choices}};
  return {{"setting", setting}, {"low", low}, {"high", high}, {"log", is_log}, {"whole", is_whole}};
}

std::vector<SearchDimension> main_dimensions(const nlohmann::json& config) {
  std::vector<SearchDimension> space;
  for (const char* text : kMainSettings) {
    if (SearchDimension dimension = parse_dimension(text); has_setting(config, dimension.setting)) space.push_back(std::move(dimension));
  }
  if (has_setting(config, "model.similarity") && config.at("model").at("similarity") == "cosine") space.push_back(parse_dimension(kTemperature));
  return space;
}

std::vector<std::string> trial_settings(const std::vector<SearchDimension>& space, int64_t trial, uint64_t seed) {
  std::vector<std::string> sets;
  if (trial == 0) return sets;
  for (size_t j = 0; j < space.size(); ++j) sets.push_back(space[j].setting + "=" + space[j].value(scrambled_halton(trial, kPrimes[j % std::size(kPrimes)], mix({seed, j}))));
  return sets;
}

}  // namespace rechub::cli
