#include "rechub/train/hard_mining.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "rechub/base/error.h"
#include "rechub/bundle/vector_encoder.h"

namespace rechub {
namespace {

constexpr size_t kUsersPerSearch = 1024;

// The users that train, each asked for what comes behind its training events.
std::vector<EvaluationCase> training_cases(const Dataset& dataset, const Split& split) {
  std::vector<EvaluationCase> cases;
  for (int32_t user = 0; user < dataset.user_rows(); ++user) {
    const int64_t begin = dataset.user_begin()[user], end = split.train_end[user];
    if (end > begin) cases.push_back({user, begin, end, end, end});
  }
  return cases;
}

}  // namespace

HardMining::HardMining(const SamplerOptions& options, const Dataset& dataset, const Split& split)
    : dataset_(dataset),
      split_(split),
      count_(options.hard_negatives),
      every_(options.mine_every),
      from_(options.mine_from),
      to_(std::min(options.mine_to, dataset.num_items())),
      pool_(at::zeros({dataset.user_rows(), kPerUser}, at::kInt)) {
  check(from_ <= to_, ErrorKind::kUsage, "hard negatives are to be mined from rank {} on, but there are {} items: take a lower mine_from, or hard_source in_batch", from_,
        dataset.num_items());
}

void HardMining::start_epoch(int64_t epoch, const Model& model, const ParameterSet& parameters, uint64_t seed) {
  if (epoch == 0 || epoch % every_ != 0) return;
  const VectorEncoder encoder(dataset_, model, parameters);
  const CaseRanker ranker = rank_by_vectors(encoder, encoder.item_vectors());
  const std::vector<EvaluationCase> cases = training_cases(dataset_, split_);
  int32_t* pool = pool_.mutable_data_ptr<int32_t>();
  for (size_t begin = 0; begin < cases.size(); begin += kUsersPerSearch) {
    const auto some = std::span(cases).subspan(begin, std::min(kUsersPerSearch, cases.size() - begin));
    std::vector<int64_t> offsets = {0};
    std::vector<int32_t> own;
    for (const EvaluationCase& question : some) {
      own.insert(own.end(), dataset_.items().begin() + question.history_begin, dataset_.items().begin() + question.history_end);
      offsets.push_back(static_cast<int64_t>(own.size()));
    }
    const SearchResult found = ranker({.cases = some, .k = to_, .exclude = {offsets, own}});
    for (size_t i = 0; i < some.size(); ++i) {
      const std::span<const int32_t> ranked = std::span(found.positions).subspan(i * static_cast<size_t>(to_), static_cast<size_t>(to_));
      const int64_t last = std::find(ranked.begin(), ranked.end(), -1) - ranked.begin();  // fewer where the user knows nearly all items
      Random random(mix({seed, static_cast<uint64_t>(epoch), static_cast<uint64_t>(some[i].user)}));
      for (int64_t j = 0; j < kPerUser; ++j) {
        const int64_t ranks = last - from_ + 1;
        pool[some[i].user * kPerUser + j] = ranks > 0 ? ranked[static_cast<size_t>(from_ - 1) + random.below(static_cast<uint64_t>(ranks))] : 0;
      }
    }
  }
}

std::vector<int64_t> HardMining::draw(const SequenceBatch& batch, Random& random) const {
  const int32_t* pool = pool_.const_data_ptr<int32_t>();
  std::vector<int64_t> items;
  for (size_t r = 0; r < batch.target.size(); ++r) {
    const int64_t user = batch.user[batch.readout_sequence[r]];
    for (int64_t h = 0; h < count_; ++h) {
      const int32_t item = pool[user * kPerUser + static_cast<int64_t>(random.below(kPerUser))];
      items.push_back(item > 0 ? item : batch.target[r]);
    }
  }
  return items;
}

}  // namespace rechub
