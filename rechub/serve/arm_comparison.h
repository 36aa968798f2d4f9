#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace rechub {

// Number, mean and variance of values that come one by one (Welford 1962).
class Moments {
 public:
  void add(double value) {
    ++count_;
    const double step = value - mean_;
    mean_ += step / static_cast<double>(count_);
    squares_ += step * (value - mean_);
  }
  int64_t count() const { return count_; }
  double mean() const { return mean_; }
  double variance() const { return count_ > 1 ? squares_ / static_cast<double>(count_ - 1) : 0; }  // unbiased

 private:
  int64_t count_ = 0;
  double mean_ = 0, squares_ = 0;
};

// Student's 95 % interval of the mean; nothing for fewer than two values.
std::optional<std::pair<double, double>> mean_interval(const Moments& values);

// Welch's test of a difference of means, `values` less `control`: 95 % interval and two-sided p. Nothing where either has fewer than two values or none varies.
struct Difference {
  double difference = 0, low = 0, high = 0, p = 1;
};
std::optional<Difference> mean_difference(const Moments& values, const Moments& control);

// Pearson's chi-square test of counts against shares that sum to 1.
struct GoodnessOfFit {
  double chi_square = 0, p = 1;
};
GoodnessOfFit chi_square_test(std::span<const int64_t> counts, std::span<const double> shares);

}  // namespace rechub
