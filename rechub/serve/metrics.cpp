#include "rechub/serve/metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace rechub {
namespace {

std::string heading(const char* name, const char* type, const char* help) { return fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help); }

}  // namespace

void Metrics::count_answer(const char* route, int status, double seconds) {
  const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), seconds) - kBounds.begin();
  std::lock_guard lock(mutex_);
  ++answers_[{route, status}];
  Histogram& histogram = seconds_[route];
  ++histogram.counts[bucket];
  histogram.sum += seconds;
}

void Metrics::count_recall(const std::string& channel, int64_t items) {
  std::lock_guard lock(mutex_);
  recalled_[channel] += items;
}

std::string Metrics::label_value(const std::string& text) {
  std::string escaped;
  for (char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') escaped += "\\n";
    if (c != '\n') escaped += c;
  }
  return escaped;
}

std::string Metrics::text() const {
  std::lock_guard lock(mutex_);
  std::string out = heading("rechub_answers_total", "counter", "answers by route and status");
  for (const auto& [key, count] : answers_) out += fmt::format("rechub_answers_total{{route=\"{}\",status=\"{}\"}} {}\n", key.first, key.second, count);
  out += heading("rechub_answer_seconds", "histogram", "time from a whole request to its answer, waiting for a worker not included");
  for (const auto& [route, histogram] : seconds_) {
    int64_t total = 0;
    for (size_t i = 0; i < histogram.counts.size(); ++i) {
      total += histogram.counts[i];
      out += fmt::format("rechub_answer_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route, i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf", total);
    }
    out += fmt::format("rechub_answer_seconds_sum{{route=\"{0}\"}} {1}\nrechub_answer_seconds_count{{route=\"{0}\"}} {2}\n", route, histogram.sum, total);
  }
  out += heading("rechub_recalled_items_total", "counter", "items that a channel brought into answers");
  for (const auto& [channel, count] : recalled_) out += fmt::format("rechub_recalled_items_total{{channel=\"{}\"}} {}\n", label_value(channel), count);
  return out;
}

std::string Metrics::line(const char* name, const char* type, const char* help, double value) { return heading(name, type, help) + fmt::format("{} {}\n", name, value); }

}  // namespace rechub
