#include "rechub/data/time_text.h"

#include <charconv>
#include <chrono>
#include <cmath>

namespace rechub {
namespace {

std::optional<int64_t> parse_number(std::string_view text) {
  const char* const end = text.data() + text.size();
  int64_t whole = 0;
  if (const auto result = std::from_chars(text.data(), end, whole); result.ptr == end && result.ec == std::errc()) return whole;
  double number = 0;
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ptr != end || result.ec != std::errc() || !(std::abs(number) < 9e18)) return std::nullopt;
  return static_cast<int64_t>(std::floor(number));
}

// Takes exactly `count` digits from the front of `text`; -1 where they are not there.
int take_digits(std::string_view& text, size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = 10 * value + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<int64_t> take_date(std::string_view& text) {
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-')) return std::nullopt;
  const int month = take_digits(text, 2);
  if (month < 0 || !take(text, '-')) return std::nullopt;
  const int day = take_digits(text, 2);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)), std::chrono::day(static_cast<unsigned>(day))};
  if (day < 0 || !date.ok()) return std::nullopt;
  return std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count();
}

// HH:MM[:SS[.fraction]]
std::optional<int64_t> take_clock(std::string_view& text) {
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int second = 0;
  if (take(text, ':')) {
    second = take_digits(text, 2);
    if (second < 0 || second > 60) return std::nullopt;  // 60 is a leap second
    if (take(text, '.') || take(text, ',')) {
      if (take_digits(text, 1) < 0) return std::nullopt;
      while (take_digits(text, 1) >= 0) {
      }
    }
  }
  return 3600 * hour + 60 * minute + second;
}

// Z, +HH, +HH:MM, +HHMM or nothing
std::optional<int64_t> take_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return 0;
  const int sign = take(text, '+') ? 1 : take(text, '-') ? -1 : 0;
  const int hour = take_digits(text, 2);
  if (sign == 0 || hour < 0 || hour > 23) return std::nullopt;
  if (text.empty()) return sign * 3600 * hour;
  take(text, ':');
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  return sign * (3600 * hour + 60 * minute);
}

}  // namespace

std::optional<int64_t> parse_time(std::string_view text) {
  if (const auto number = parse_number(text)) return number;
  const auto midnight = take_date(text);
  if (!midnight || text.empty()) return midnight;
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const auto clock = take_clock(text);
  if (!clock) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return *midnight + *clock - *offset;
}

}  // namespace rechub
