#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace rechub {

// Counts of answers and their times, written in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). Thread-safe.
class Metrics {
 public:
  void count_answer(const char* route, int status, double seconds);  // route: a name of ours, "/v1/recommend"
  void count_recall(const std::string& channel, int64_t items);      // items a channel brought into answers

  std::string text() const;

  static std::string label_value(const std::string& text);  // backslash, quote and line end escaped, as the format wants it

  // One value as text, with its lines of help and type.
  static std::string line(const char* name, const char* type, const char* help, double value);

 private:
  static constexpr std::array<double, 12> kBounds = {.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 5};  // seconds
  struct Histogram {
    std::array<int64_t, kBounds.size() + 1> counts{};
    double sum = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, int64_t> answers_;
  std::map<std::string, Histogram> seconds_;
  std::map<std::string, int64_t> recalled_;
};

}  // namespace rechub
