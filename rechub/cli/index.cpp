#include <algorithm>
#include <string>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/bundle_index.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/data/split.h"
#include "rechub/index/tune.h"

namespace rechub::cli {
namespace {

struct IndexCommand {
  std::string bundle, spec, out, json;
  double tune_recall = 0;
  int64_t k = 100, tune_users = 2000, effort = 0;
  IndexOptions options;
};

// Cases of the validation split, evenly from all of them.
at::Tensor tuning_users(const Bundle& bundle, int64_t wanted) {
  const Split split = make_split(bundle.dataset(), bundle.config().split, bundle.config().split_seed);
  const auto num_cases = static_cast<int64_t>(split.valid.size());
  check(num_cases > 0, ErrorKind::kData, "{}: its split {} has no validation cases to tune an index on", bundle.directory(), bundle.config().split);
  std::vector<EvaluationCase> cases;
  const int64_t count = std::min(wanted, num_cases);
  for (int64_t i = 0; i < count; ++i) cases.push_back(split.valid[i * num_cases / count]);
  return VectorEncoder(bundle.dataset(), bundle.model(), bundle.parameters()).user_vectors(cases);
}

std::string table_of(const Tuning& tuning, const std::string& name, int64_t k) {
  std::string text = fmt::format("  {:>12}  {:>10}  {:>10}  {:>8}  {:>8}\n", name.empty() ? "setting" : name, fmt::format("recall@{}", k), "queries/s", "p50 ms", "p99 ms");
  for (size_t i = 0; i < tuning.tradeoffs.size(); ++i) {
    const Tradeoff& row = tuning.tradeoffs[i];
    text += fmt::format("{} {:>12}  {:>10.4f}  {:>10.0f}  {:>8.3f}  {:>8.3f}\n", i == tuning.chosen ? '*' : ' ', row.effort, row.recall, row.queries_per_second, row.p50_ms,
                        row.p99_ms);
  }
  return text;
}

nlohmann::json to_json(const Tuning& tuning) {
  nlohmann::json rows = nlohmann::json::array();
  for (const Tradeoff& row : tuning.tradeoffs) {
    rows.push_back({{"effort", row.effort}, {"recall", row.recall}, {"queries_per_second", row.queries_per_second}, {"p50_ms", row.p50_ms}, {"p99_ms", row.p99_ms}});
  }
  return {{"tradeoffs", rows}, {"chosen", tuning.tradeoffs[tuning.chosen].effort}, {"reached", tuning.is_reached}};
}

Tuning tune(const IndexCommand& command, const Bundle& bundle, Index& index) {
  const at::Tensor users = tuning_users(bundle, command.tune_users);
  const auto exact = build_bundle_index(bundle, "Flat");
  const SearchQuery query{.vectors = {users.const_data_ptr<float>(), static_cast<size_t>(users.numel())},
                          .num_queries = users.size(0),
                          .vectors_per_query = users.size(1),
                          .k = std::min(command.k, index.size())};
  Tuning tuning = tune_effort(index, *exact, query, command.tune_recall);
  print_result(fmt::format("tuned on {} users of the validation cases\n{}", users.size(0), table_of(tuning, index.effort().name, query.k)));
  if (!tuning.is_reached) log_line(fmt::format("warning: no setting of {} reaches a recall of {}: the best one is kept", command.spec, command.tune_recall));
  if (!index.effort().is_none()) index.set_effort(tuning.tradeoffs[tuning.chosen].effort);
  return tuning;
}

}  // namespace

int run_index(int argc, const char* const* argv) {
  IndexCommand command;
  Arguments arguments("index", "Build an index over a bundle's items, for fast approximate search.");
  arguments.positional("bundle", command.bundle, "directory of the bundle");
  arguments.flag("spec", command.spec, "Flat, HNSW32, HNSW32,SQ8, IVF1024,Flat, IVF1024,PQ16 or Annoy50, with other numbers as wanted", Arguments::kRequired);
  arguments.flag("tune-recall", command.tune_recall, "find the cheapest search setting that finds this share of the exact results, in (0, 1], and keep it; 0: the index's default");
  arguments.flag("tune-k", command.k, "results a query that the recall is measured on");
  arguments.flag("tune-users", command.tune_users, "validation cases it is measured on, at most");
  arguments.flag("effort", command.effort, "the search setting itself: ef_search of HNSW, nprobe of IVF, search_k of Annoy; 0: the index's default");
  arguments.flag("ef-construction", command.options.ef_construction, "HNSW: candidates looked at when an item is linked");
  arguments.flag("seed", command.options.seed, "of random levels, centroids and trees");
  arguments.flag("out", command.out, "write the index to this file instead of into the bundle");
  arguments.flag("json", command.json, "also write spec, items, dim, effort, build_seconds, memory_bytes and tuning to this file");
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  check_index_spec(command.spec);
  check(command.tune_recall >= 0 && command.tune_recall <= 1, ErrorKind::kUsage, "--tune-recall must be in (0, 1], got {}", command.tune_recall);
  check(command.tune_recall == 0 || command.effort == 0, ErrorKind::kUsage, "--tune-recall finds the setting and --effort names it: give one of them");
  check(command.k >= 1 && command.tune_users >= 1, ErrorKind::kUsage, "--tune-k and --tune-users must be 1 or more, got {} and {}", command.k, command.tune_users);
  check(command.effort >= 0, ErrorKind::kUsage, "--effort must be 1 or more, got {}", command.effort);
  check(command.options.ef_construction >= 1 && command.options.ef_construction <= 100000, ErrorKind::kUsage, "--ef-construction must be in [1, 100000], got {}",
        command.options.ef_construction);
  at::set_num_threads(num_threads());

  const Bundle bundle = command.out.empty() ? open_for_new_index(command.bundle) : Bundle::open(command.bundle);
  const double start = monotonic_seconds();
  const std::unique_ptr<Index> index = build_bundle_index(bundle, command.spec, command.options);
  const double seconds = monotonic_seconds() - start;
  print_result(fmt::format("{}: {} over {} items of {} dimensions, built in {:.1f} s, {:.1f} MB\n", command.out.empty() ? command.bundle : command.out, index->spec(),
                           index->size(), index->dim(), seconds, static_cast<double>(index->memory_bytes()) / 1e6));
  if (command.effort > 0) index->set_effort(command.effort);
  nlohmann::json result = {{"spec", index->spec()}, {"items", index->size()}, {"dim", index->dim()}, {"build_seconds", seconds}, {"memory_bytes", index->memory_bytes()}};
  if (command.tune_recall > 0) result["tuning"] = to_json(tune(command, bundle, *index));
  result["effort"] = {{"name", index->effort().name}, {"value", index->effort().value}};
  command.out.empty() ? store_bundle_index(bundle, *index) : index->save(command.out);
  if (!command.json.empty()) write_json(command.json, result);
  return 0;
}

}  // namespace rechub::cli
