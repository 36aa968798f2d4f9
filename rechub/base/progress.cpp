#include "rechub/base/progress.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "rechub/base/clock.h"
#include "rechub/base/log.h"

namespace rechub {
namespace {

constexpr double kBarInterval = .1, kFirstPlainInterval = 10, kLongestPlainInterval = 60;
constexpr int kLongestBar = 30, kShortestBar = 5;

std::string bar(double share, int width) {
  const int filled = static_cast<int>(std::floor(share * width));
  return " [" + std::string(filled, '=') + std::string(width - filled, '.') + "]";
}

std::mutex& sink_mutex() {
  static std::mutex shared;
  return shared;
}
std::shared_ptr<const ProgressSink>& shared_sink() {
  static std::shared_ptr<const ProgressSink> shared;
  return shared;
}
std::shared_ptr<const ProgressSink> current_sink() {
  const std::lock_guard lock(sink_mutex());
  return shared_sink();
}

}  // namespace

void set_progress_sink(ProgressSink sink) {
  auto shared = sink ? std::make_shared<const ProgressSink>(std::move(sink)) : nullptr;
  const std::lock_guard lock(sink_mutex());
  shared_sink().swap(shared);
}

std::string readable_count(double count) {
  static constexpr const char* kUnits[] = {"", "k", "M", "G", "T", "P"};
  size_t unit = 0;
  while (count >= 999.5 && unit + 1 < std::size(kUnits)) count /= 1000, ++unit;
  const int decimals = unit == 0 || count >= 99.95 ? 0 : count >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", count, decimals, kUnits[unit]);
}

std::string readable_seconds(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(std::clamp(seconds, 0., 1e9)));
  const int64_t hours = whole / 3600, minutes = whole / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60) : fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string progress_line(const ProgressState& state, int width, bool with_bar) {
  const bool is_total_known = state.total > 0;
  const double share = is_total_known ? std::clamp(static_cast<double>(state.done) / static_cast<double>(state.total), 0., 1.) : 0;
  std::string facts = is_total_known ? fmt::format(" {:3.0f}%", std::floor(share * 100)) : fmt::format(" {} {}", readable_count(static_cast<double>(state.done)), state.unit);
  const double rate = state.seconds > 0 ? static_cast<double>(state.done - state.already_done) / state.seconds : 0;
  if (rate > 0) facts += fmt::format("  {} {}/s", readable_count(rate), state.unit);
  if (!state.text.empty()) facts += "  " + state.text;
  facts += "  " + readable_seconds(state.seconds);
  if (is_total_known && rate > 0 && share < 1) facts += fmt::format(", {} left", readable_seconds(static_cast<double>(state.total - state.done) / rate));
  std::string line = state.label;
  const int room = width - static_cast<int>(state.label.size() + facts.size()) - 3;
  if (with_bar && is_total_known && room >= kShortestBar) line += bar(share, std::min(room, kLongestBar));
  line += facts;
  if (static_cast<int>(line.size()) > width) line.resize(std::max(width, 0));
  return line;
}

Progress::Progress(std::string label, int64_t total, std::string unit, int64_t already_done)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      total_(total),
      already_done_(already_done),
      start_(monotonic_seconds()),
      is_bar_(has_status_line()),
      sink_(is_quiet() ? nullptr : current_sink()) {
  is_bar_ = is_bar_ && !sink_;
  interval_ = is_bar_ || sink_ ? kBarInterval : kFirstPlainInterval;
  next_draw_ = start_ + interval_;
}

Progress::~Progress() { finish(); }

bool Progress::is_due() const { return monotonic_seconds() >= next_draw_; }

void Progress::update(int64_t done, const std::string& text) {
  const double now = monotonic_seconds();
  if (now < next_draw_) return;
  const ProgressState state{label_, unit_, text, done, total_, now - start_, already_done_};
  if (sink_) {
    (*sink_)(&state);
  } else if (is_bar_) {
    set_status_line(progress_line(state, terminal_width() - 1, true));
  } else {
    log_line(progress_line(state, 1000, false));
    interval_ = std::min(2 * interval_, kLongestPlainInterval);
  }
  next_draw_ = now + interval_;
}

void Progress::finish() {
  if (const auto sink = std::exchange(sink_, nullptr)) (*sink)(nullptr);
  if (is_bar_) set_status_line("");
}

}  // namespace rechub
