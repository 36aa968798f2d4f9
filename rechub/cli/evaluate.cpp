#include <filesystem>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "rechub/base/error.h"
#include "rechub/base/json_file.h"
#include "rechub/base/log.h"
#include "rechub/base/parallel.h"
#include "rechub/bundle/bundle.h"
#include "rechub/bundle/vector_encoder.h"
#include "rechub/cli/arguments.h"
#include "rechub/cli/commands.h"
#include "rechub/eval/protocol.h"

namespace rechub::cli {

int run_evaluate(int argc, const char* const* argv) {
  std::string directory, data, which = "test", split_name, json;
  std::vector<std::string> baselines;
  EvaluationOptions options;
  Arguments arguments("evaluate", "Judge a bundle by exact full ranking, beside recommenders that need no training.");
  arguments.positional("bundle", directory, "directory of the bundle");
  arguments.flag("split", which, "cases to judge: valid or test");
  arguments.flag("split-protocol", split_name, "leave-one-out, time:..., users:... or sessions; empty: as the bundle was trained");
  arguments.flag("baselines", baselines, "recommenders to judge beside it: popularity, item_knn, own_favourites");
  arguments.flag("json", json, "also write the result to this file");
  arguments.section("evaluation", options);
  if (!arguments.parse(argc, argv) || !arguments.finish()) return 0;
  at::set_num_threads(num_threads());
  const Bundle bundle = Bundle::open(directory);
  const Dataset& dataset = bundle.dataset();
  const Split split = make_split(dataset, split_name.empty() ? bundle.config().split : split_name, bundle.config().split_seed);
  const VectorEncoder encoder(dataset, bundle.model(), bundle.parameters());
  const at::Tensor items = encoder.item_vectors();
  const Evaluation evaluation = evaluate(dataset, split, which, rank_by_vectors(encoder, items), options, {items.const_data_ptr<float>(), static_cast<size_t>(items.numel())});
  fmt::print("{}", evaluation_table(evaluation));
  nlohmann::json result = evaluation.to_json();
  std::vector<Evaluation> others;
  others.reserve(baselines.size());
  std::vector<NamedEvaluation> rows = {{bundle.config().model, &evaluation}};
  for (const std::string& name : baselines) {
    const RecommenderEntry* entry = find_recommender(name);
    check(entry != nullptr, ErrorKind::kUsage, "unknown recommender '{}': known are popularity, item_knn, own_favourites", name);
    others.push_back(evaluate(dataset, split, which, rank_by_scores(*entry->fit(dataset, split), dataset.item_rows()), options));
    rows.push_back({name, &others.back()});
    result["baselines"][name] = others.back().to_json();
  }
  if (!baselines.empty()) fmt::print("\n{}", comparison_table(rows, {"Hit@10", "NDCG@10", "Recall@20"}));
  if (!json.empty()) write_json(json, result);
  return 0;
}

}  // namespace rechub::cli
