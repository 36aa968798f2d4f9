#include "rechub/serve/arm_comparison.h"

#include <cmath>
#include <numeric>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace rechub {
namespace {

constexpr double kTail = 0.025;

double squared_error(const Moments& values) { return values.variance() / static_cast<double>(values.count()); }

}  // namespace

std::optional<std::pair<double, double>> mean_interval(const Moments& values) {
  if (values.count() < 2) return std::nullopt;
  const boost::math::students_t distribution(static_cast<double>(values.count() - 1));
  const double width = boost::math::quantile(boost::math::complement(distribution, kTail)) * std::sqrt(squared_error(values));
  return std::pair(values.mean() - width, values.mean() + width);
}

std::optional<Difference> mean_difference(const Moments& values, const Moments& control) {
  if (values.count() < 2 || control.count() < 2) return std::nullopt;
  const double a = squared_error(values), b = squared_error(control);
  if (a + b == 0) return std::nullopt;
  const double freedom = (a + b) * (a + b) / (a * a / static_cast<double>(values.count() - 1) + b * b / static_cast<double>(control.count() - 1));
  const boost::math::students_t distribution(freedom);
  const double difference = values.mean() - control.mean(), error = std::sqrt(a + b);
  const double width = boost::math::quantile(boost::math::complement(distribution, kTail)) * error;
  return Difference{difference, difference - width, difference + width, 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(difference) / error))};
}

GoodnessOfFit chi_square_test(std::span<const int64_t> counts, std::span<const double> shares) {
  const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  GoodnessOfFit fit;
  if (total == 0 || counts.size() < 2) return fit;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * shares[i], off = static_cast<double>(counts[i]) - expected;
    fit.chi_square += off * off / expected;
  }
  fit.p = boost::math::cdf(boost::math::complement(boost::math::chi_squared(static_cast<double>(counts.size() - 1)), fit.chi_square));
  return fit;
}

}  // namespace rechub
