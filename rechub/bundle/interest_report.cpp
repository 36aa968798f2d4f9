#include "rechub/bundle/interest_report.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/layers/interest_similarity.h"

namespace rechub {

std::string InterestReport::text() const {
  return fmt::format("{} interests a user, {:.1f} of them active; mean cosine of two: {:.3f} (1 is collapse; {} cases with two or more)\n", interests, mean_active, mean_cosine,
                     cases_with_pairs);
}

nlohmann::json InterestReport::to_json() const {
  return {{"per_user", interests}, {"mean_active", mean_active}, {"cases_with_pairs", cases_with_pairs}, {"mean_cosine", mean_cosine}};
}

InterestReport report_interests(const VectorEncoder& encoder, std::span<const EvaluationCase> cases) {
  InterestReport report;
  if (cases.empty()) return report;
  report.interests = encoder.interests(cases.first(1)).vectors.size(1);
  if (report.interests == 1) return report;
  const UserVectors users = encoder.interests(cases);
  const at::Tensor num_active = users.active.defined() ? users.active.sum(1) : at::full({users.vectors.size(0)}, report.interests, at::kLong);  // [R]
  const at::Tensor has_pairs = at::ge(num_active, 2);
  report.mean_active = num_active.to(at::kDouble).mean().item<double>();
  report.cases_with_pairs = has_pairs.sum().item<int64_t>();
  const at::Tensor cosines = mean_pairwise_cosine(users.vectors, users.active).masked_select(has_pairs);
  if (report.cases_with_pairs > 0) report.mean_cosine = cosines.to(at::kDouble).mean().item<double>();
  return report;
}

}  // namespace rechub
