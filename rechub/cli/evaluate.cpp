#include <algorithm>
#include <filesystem>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/atomic_file.h"
#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/bundle_index.h"
#include "rechub/bundle/interest_report.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/cli/judged_data.h"
#include "rechub/cli/result_writer.h"
#include "rechub/cli/seen_flags.h"
#include "rechub/data/prepare.h"
#include "rechub/eval/protocol.h"

namespace rechub::cli {
namespace {

// Of the cases an evaluation of `which` draws on; nothing where a user has one vector.
std::optional<InterestReport> interests_of(const Bundle& bundle, const Dataset& dataset, const Split& split, const std::string& which) {
  const VectorEncoder encoder(dataset, bundle.model(), bundle.parameters());
  const InterestReport report = report_interests(encoder, which == "valid" ? split.valid : split.test);
  return report.interests > 1 ? std::optional(report) : std::nullopt;
}

Evaluation judge(const Bundle& bundle, const Dataset& dataset, const Split& split, const std::string& which, const EvaluationOptions& options) {
  const VectorEncoder encoder(dataset, bundle.model(), bundle.parameters());
  const at::Tensor items = encoder.item_vectors();
  return evaluate(dataset, split, which, rank_by_vectors(encoder, items), options, {items.const_data_ptr<float>(), static_cast<size_t>(items.numel())});
}

// Beside the exact answer: the index the bundle carries if it has that spec, with the setting it was tuned to, else one built now.
Evaluation judge_index(const Bundle& bundle, const std::string& spec, const Split& split, const std::string& which, const EvaluationOptions& options) {
  const VectorEncoder encoder(bundle.dataset(), bundle.model(), bundle.parameters());
  std::unique_ptr<Index> stored = open_bundle_index(bundle, spec);
  const bool is_stored = stored != nullptr;
  const CatalogueIndex index(is_stored ? std::move(stored) : build_bundle_index(bundle, spec));
  const Effort effort = index.index().effort();
  print_result(fmt::format("{} {}{}\n", is_stored ? "the bundle's" : "built now:", spec, effort.is_none() ? "" : fmt::format(", {} {}", effort.name, effort.value)));
  return evaluate(bundle.dataset(), split, which, rank_by_index(encoder, index, *std::max_element(options.k.begin(), options.k.end())), options);
}

void write_ranks(const std::string& path, const Dataset& dataset, const Evaluation& evaluation) {
  AtomicFile file(path);
  file.write("user,item,rank\n");
  for (const TargetRank& target : evaluation.target_ranks) {
    const std::string rank = target.rank > 0 ? fmt::format("{}", target.rank) : "";
    file.write(fmt::format("{},{},{}\n", csv_field(dataset.user_ids().text(target.user)), csv_field(dataset.item_ids().text(target.item)), rank));
  }
  file.commit();
}

std::string name_of(const std::string& directory) { return std::filesystem::path(directory).lexically_normal().filename().string(); }

// The first bundle and what it is compared with, judged on the same cases.
class Comparison {
 public:
  Comparison(const std::string& name, Evaluation first) { add(name, std::move(first)); }

  const Evaluation& first() const { return evaluations_.front(); }
  void add(const std::string& name, Evaluation evaluation) {
    evaluations_.push_back(std::move(evaluation));
    rows_.push_back({name, &evaluations_.back()});
  }

  // One table, and for each other row how the first one differs from it, user by user.
  std::string text(int64_t k) const {
    std::vector<std::string> metrics;
    for (const char* metric : {"Hit", "Recall", "NDCG"}) metrics.push_back(fmt::format("{}@{}", metric, k));
    std::string text = comparison_table(rows_, metrics);
    for (const NamedEvaluation& other : others()) {
      const PairedDifference paired = compare(first(), *other.evaluation, metrics.back());
      text += fmt::format("{} - {}: {} {:+.4f} [{:+.4f}, {:+.4f}]\n", rows_[0].name, other.name, metrics.back(), paired.difference, paired.low, paired.high);
    }
    return text;
  }

  // {NAME: its evaluation, with "difference": {METRIC: [first - this, low, high]}}
  nlohmann::json to_json() const {
    nlohmann::json result = nlohmann::json::object();
    for (const NamedEvaluation& other : others()) {
      result[other.name] = other.evaluation->to_json();
      const std::vector<std::string>& known = other.evaluation->case_metric_names;
      for (const std::string& metric : first().case_metric_names) {
        if (std::find(known.begin(), known.end(), metric) == known.end()) continue;  // what has no vectors has no distances in a list
        const PairedDifference paired = compare(first(), *other.evaluation, metric);
        result[other.name]["difference"][metric] = {paired.difference, paired.low, paired.high};
      }
    }
    return result;
  }

 private:
  std::span<const NamedEvaluation> others() const { return std::span(rows_).subspan(1); }
  std::list<Evaluation> evaluations_;
  std::vector<NamedEvaluation> rows_;
};

}  // namespace

int run_evaluate(int argc, const char* const* argv) {
  std::string directory, which = "test", split_name, json, data, ranks, index;
  std::vector<std::string> baselines, against;
  EvaluationOptions options;
  PrepareOptions prepare;
  SeenFlags seen;
  Arguments arguments("evaluate", "Judge a bundle by exact full ranking, beside other bundles and recommenders that need no training.");
  arguments.positional("bundle", directory, "directory of the bundle");
  arguments.flag("split", which, "cases to judge: valid or test");
  arguments.flag("split-protocol", split_name, "leave-one-out, time:..., users:... or sessions; empty: as the bundle was trained");
  arguments.flag("data", data, "judge on this data instead of the bundle's own: a prepared data set, or a file or directory of interactions");
  arguments.flag("against", against, "other bundles of the same data, judged on the same cases and compared user by user");
  arguments.flag("baselines", baselines, "recommenders to judge beside it: popularity, item_knn, own_favourites, ease");
  arguments.flag("index", index, "also judge what this index returns (HNSW32, say; see rechub index --help), beside the exact answer");
  arguments.flag("json", json, "also write the result to this file");
  arguments.flag("ranks", ranks, "also write the rank of every target to this CSV file: user, item, rank; none for an item that was never seen in training");
  seen.add_to(arguments);
  arguments.section("evaluation", options);
  arguments.section("prepare", prepare);
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  for (const std::string& name : baselines) named_recommender(name);
  if (!index.empty()) check_index_spec(index);
  const int64_t max_bytes = prepare.max_ram.empty() ? physical_memory_bytes() : parse_bytes(prepare.max_ram, "max_ram");
  seen.apply(options.seen);
  at::set_num_threads(num_threads());
  const Bundle bundle = Bundle::open(directory);
  const JudgedData judged = open_judged_data(bundle, data, prepare, split_name, arguments);
  const Dataset& dataset = judged.dataset(bundle);
  const Split& split = judged.split;
  check(index.empty() || !judged.other, ErrorKind::kUsage, "--index holds the items of the bundle's own data and is judged there; leave out --data and --test");
  check(baselines.empty() || !judged.other, ErrorKind::kUsage, "--baselines are fitted on the bundle's own data and judged there; leave out --data and --test");
  Comparison comparison(name_of(directory), judge(bundle, dataset, split, which, options));
  const std::optional<InterestReport> interests = interests_of(bundle, dataset, split, which);
  print_result(fmt::format("{}{}", evaluation_table(comparison.first()), interests ? interests->text() : ""));
  for (const std::string& other : against) {
    const Bundle other_bundle = Bundle::open(other);
    check(other_bundle.dataset().manifest().at("files") == bundle.dataset().manifest().at("files"), ErrorKind::kUsage,
          "{} and {} were trained on different data, so they cannot be judged on the same cases", directory, other);
    comparison.add(name_of(other), judge(other_bundle, dataset, split, which, options));
  }
  for (const std::string& name : baselines) {
    const auto recommender = fit_recommender(named_recommender(name), dataset, split, max_bytes);
    comparison.add(name, evaluate(dataset, split, which, rank_by_scores(*recommender, dataset.item_rows()), options));
  }
  if (!index.empty()) comparison.add(index, judge_index(bundle, index, split, which, options));
  const bool has_others = !against.empty() || !baselines.empty() || !index.empty();
  const bool has_ten = std::find(options.k.begin(), options.k.end(), 10) != options.k.end();
  if (has_others) print_result(fmt::format("\n{}", comparison.text(has_ten ? 10 : options.k.front())));
  nlohmann::json result = comparison.first().to_json();
  if (interests) result["interests"] = interests->to_json();
  if (has_others) result["others"] = comparison.to_json();
  if (!ranks.empty()) write_ranks(ranks, dataset, comparison.first());
  if (!json.empty()) write_json(json, result);
  return 0;
}

}  // namespace rechub::cli
