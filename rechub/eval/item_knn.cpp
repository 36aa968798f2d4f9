#include "rechub/eval/item_knn.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "rechub/base/error.h"
#include "rechub/base/interruption.h"
#include "rechub/base/parallel.h"
#include "rechub/eval/user_items.h"

namespace rechub {
namespace {

constexpr int64_t kPieces = 32;  // of the search for neighbours, between which it may be interrupted

// Finds the neighbours of one item after another; the scratch rows are kept between calls.
class NeighbourSearch {
 public:
  NeighbourSearch(const SparseRows& users, const SparseRows& buyers, std::span<const float> user_weights, std::span<const double> norms, const ItemKnnOptions& options)
      : users_(users), buyers_(buyers), user_weights_(user_weights), norms_(norms), options_(options), together_(norms.size()) {}

  std::vector<ItemKnn::Neighbour> find(int32_t item) {
    touched_.clear();
    for (int32_t user : buyers_.row(item)) {
      for (int32_t other : users_.row(user)) {
        if (together_[other] == 0) touched_.push_back(other);
        together_[other] += user_weights_[user];
      }
    }
    found_.clear();
    for (int32_t other : touched_) {
      const double similarity = together_[other] / (std::sqrt(norms_[item] * norms_[other]) + options_.shrinkage);
      if (other != item || options_.own_neighbour) found_.push_back({other, static_cast<float>(similarity)});
      together_[other] = 0;
    }
    const auto is_nearer = [](const ItemKnn::Neighbour& a, const ItemKnn::Neighbour& b) {
      return a.similarity > b.similarity || (a.similarity == b.similarity && a.item < b.item);
    };
    const auto kept = std::min(found_.size(), static_cast<size_t>(options_.neighbours));
    std::nth_element(found_.begin(), found_.begin() + kept, found_.end(), is_nearer);
    std::sort(found_.begin(), found_.begin() + kept, is_nearer);
    return {found_.begin(), found_.begin() + kept};
  }

 private:
  const SparseRows &users_, &buyers_;
  std::span<const float> user_weights_;
  std::span<const double> norms_;
  const ItemKnnOptions& options_;
  std::vector<float> together_;  // [item_rows] c(item, other), zero between calls
  std::vector<int32_t> touched_;
  std::vector<ItemKnn::Neighbour> found_;
};

void check_options(const ItemKnnOptions& options) {
  check(options.neighbours >= 1 && options.max_user_items >= 1, ErrorKind::kUsage, "item_knn: expected neighbours and max_user_items of 1 or more, got {} and {}",
        options.neighbours, options.max_user_items);
  check(options.shrinkage >= 0, ErrorKind::kUsage, "item_knn: expected a shrinkage of 0 or more, got {}", options.shrinkage);
}

}  // namespace

void ItemKnnOptions::describe(OptionVisitor& visitor) {
  visitor.field("neighbours", neighbours, "neighbours kept for each item");
  visitor.field("shrinkage", shrinkage, "added to the cosine's denominator");
  visitor.field("user_exponent", user_exponent, "a user with n items weighs n to the minus this");
  visitor.field("recency", recency, "the r-th newest item of a history weighs r to the minus this");
  visitor.field("own_neighbour", own_neighbour, "an item is its own nearest neighbour: for repeat consumption");
  visitor.field("max_user_items", max_user_items, "newest distinct items of a user that count");
}

ItemKnn::ItemKnn(std::span<const int32_t> items, std::span<const int64_t> user_begin, std::span<const int64_t> train_end, std::span<const int64_t> item_counts,
                 const ItemKnnOptions& options)
    : options_(options), items_(items), unconnected_(item_counts.size()), neighbours_(item_counts.size()) {
  check_options(options);
  const auto item_rows = static_cast<int64_t>(item_counts.size());
  for (int64_t item = 0; item < item_rows; ++item) unconnected_[item] = static_cast<float>(-1.0 / (1.0 + static_cast<double>(item_counts[item])));

  const SparseRows users = distinct_items(items, user_begin, train_end, item_counts.size(), options.max_user_items);
  const SparseRows buyers = transposed(users, item_counts.size());
  std::vector<float> user_weights(users.size());
  std::vector<double> norms(item_rows);
  for (int64_t user = 0; user < users.size(); ++user) {
    const auto row = users.row(user);
    user_weights[user] = row.empty() ? 0.0f : static_cast<float>(std::pow(static_cast<double>(row.size()), -options.user_exponent));
    for (int32_t item : row) norms[item] += user_weights[user];
  }

  // Popular items cost most and often lie together, so that every thread takes items from the whole range, 64 apart.
  const int64_t stride = 64, steps = (item_rows + stride - 1) / stride, at_once = (steps * stride + kPieces - 1) / kPieces;
  for (int64_t first = 0; first < steps * stride; first += at_once) {
    check_interruption();
    parallel_for(std::min(at_once, steps * stride - first), 1, [&](int64_t begin, int64_t end, int) {
      NeighbourSearch search(users, buyers, user_weights, norms, options_);
      for (int64_t i = first + begin; i < first + end; ++i) {
        const int64_t item = i / steps + (i % steps) * stride;
        if (item < item_rows) neighbours_[item] = search.find(static_cast<int32_t>(item));
      }
    });
  }
}

template <class Add>
void ItemKnn::visit(std::span<const int32_t> history, const Add& add) const {
  boost::unordered_flat_set<int32_t> met;
  for (size_t i = history.size(); i-- > 0;) {
    if (!met.insert(history[i]).second) continue;
    const auto weight = static_cast<float>(std::pow(static_cast<double>(met.size()), -options_.recency));
    for (const Neighbour& neighbour : neighbours_[history[i]]) add(neighbour.item, weight * neighbour.similarity);
  }
}

void ItemKnn::score(const EvaluationCase& question, std::span<float> scores) const {
  std::copy(unconnected_.begin(), unconnected_.end(), scores.begin());
  visit(items_.subspan(question.history_begin, question.history_end - question.history_begin),
        [&](int32_t item, float similarity) { scores[item] = std::max(scores[item], 0.0f) + similarity; });
}

std::vector<ItemKnn::Neighbour> ItemKnn::related(std::span<const int32_t> history) const {
  boost::unordered_flat_map<int32_t, float> sums;
  visit(history, [&](int32_t item, float similarity) { sums[item] += similarity; });
  std::vector<Neighbour> found;
  found.reserve(sums.size());
  for (const auto& [item, similarity] : sums) found.push_back({item, similarity});
  return found;
}

std::unique_ptr<Recommender> fit_item_knn(const Dataset& dataset, const Split& split) {
  ItemKnnOptions options;
  options.own_neighbour = dataset.has_repeats();
  return std::make_unique<ItemKnn>(dataset.items(), dataset.user_begin(), split.train_end, split.item_counts, options);
}

}  // namespace rechub
