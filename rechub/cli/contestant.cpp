#include "rechub/cli/contestant.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "rechub/base/clock.h"
#include "rechub/base/json_file.h"
#include "rechub/bundle/vector_encoder.h"

namespace rechub::cli {
namespace {

constexpr size_t kTimedCases = 4096;  // encoded once more to measure how many users a second

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  if (values.empty()) return 0;  // of a run that was ended in its first epoch
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

std::vector<nlohmann::json> read_epochs(const std::string& directory) {
  const std::string path = directory + "/metrics.jsonl";
  std::vector<nlohmann::json> epochs;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) epochs.push_back(parse_json(line, path));
  return epochs;
}

// The course of training, from the bundle's metrics.jsonl.
void add_course(const std::vector<nlohmann::json>& epochs, const std::string& metric, nlohmann::json& facts) {
  double elapsed = 0;
  std::vector<double> seconds, speeds;
  facts["curve"] = nlohmann::json::array();
  for (const nlohmann::json& epoch : epochs) {
    seconds.push_back(epoch.at("seconds"));
    speeds.push_back(epoch.at("events_per_second"));
    elapsed += seconds.back() + epoch.at("evaluation_seconds").get<double>();
    nlohmann::json point = {{"epoch", epoch.at("epoch")}, {"seconds", elapsed}, {"loss", epoch.at("train_loss")}};
    if (epoch.contains(metric)) point["value"] = epoch.at(metric);
    facts["curve"].push_back(std::move(point));
  }
  facts["training_seconds"] = elapsed;
  facts["epoch_seconds"] = median(seconds);
  facts["events_per_second"] = median(speeds);
}

// `ranker` with the time spent in it added to `seconds`.
CaseRanker timed(CaseRanker ranker, double& seconds) {
  return [ranker = std::move(ranker), &seconds](const RankRequest& request) {
    const double start = monotonic_seconds();
    SearchResult answer = ranker(request);
    seconds += monotonic_seconds() - start;
    return answer;
  };
}

void judge(const Contest& contest, const CaseRanker& ranker, std::span<const float> item_vectors, Contestant& contestant) {
  double seconds = 0;
  contestant.lists.depth = contest.depth;
  contestant.evaluation = evaluate(contest.dataset, contest.split, contest.which, keep_lists(timed(ranker, seconds), contestant.lists), contest.options, item_vectors);
  contestant.facts["lists_per_second"] = static_cast<double>(contestant.evaluation.num_cases) / seconds;
}

}  // namespace

Contestant judge_bundle(const Contest& contest, const std::string& directory) {
  const Bundle bundle = Bundle::open(directory);
  const ModelEntry& entry = find_model(bundle.config().model);
  Contestant contestant;
  contestant.name = entry.name;
  const nlohmann::json training = bundle.metrics().at("training");
  contestant.facts = {{"kind", "model"},
                      {"about", entry.paper},
                      {"loss", bundle.config().run.at("training").at("loss")},
                      {"parameters", bundle.parameters().num_values()},
                      {"dim", bundle.model().options().dim},
                      {"epochs", training.at("epochs")},
                      {"best_epoch", training.at("best_epoch")}};
  add_course(read_epochs(directory), contest.metric, contestant.facts);

  const VectorEncoder encoder(contest.dataset, bundle.model(), bundle.parameters());
  const auto& cases = contest.which == "valid" ? contest.split.valid : contest.split.test;
  const auto sample = std::span(cases).first(std::min(kTimedCases, cases.size()));
  encoder.user_vectors(sample.first(std::min<size_t>(64, sample.size())));  // the first call prepares workspaces
  double start = monotonic_seconds();
  encoder.user_vectors(sample);
  contestant.facts["users_per_second"] = static_cast<double>(sample.size()) / (monotonic_seconds() - start);
  start = monotonic_seconds();
  const at::Tensor items = encoder.item_vectors();
  contestant.facts["items_per_second"] = static_cast<double>(contest.dataset.num_items()) / (monotonic_seconds() - start);
  judge(contest, rank_by_vectors(encoder, items), {items.const_data_ptr<float>(), static_cast<size_t>(items.numel())}, contestant);
  return contestant;
}

Contestant judge_recommender(const Contest& contest, const RecommenderEntry& entry, int64_t max_bytes) {
  Contestant contestant;
  contestant.name = entry.name;
  const double start = monotonic_seconds();
  const auto recommender = fit_recommender(entry, contest.dataset, contest.split, max_bytes);
  contestant.facts = {{"kind", "recommender"}, {"about", entry.description}, {"training_seconds", monotonic_seconds() - start}};
  judge(contest, rank_by_scores(*recommender, contest.dataset.item_rows()), {}, contestant);
  return contestant;
}

}  // namespace rechub::cli
