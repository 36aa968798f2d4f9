#include "rechub/serve/model_channel.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "rechub/base/error.h"

namespace rechub {

ModelChannel::ModelChannel(std::unique_ptr<Encoder> encoder, const std::string& index)
    : encoder_(std::move(encoder)), index_(build_index(index, encoder_->item_vectors(), encoder_->dataset().num_items(), encoder_->dim())) {}

bool ModelChannel::has_history_of(const UserRequest& who) const {
  const bool says_something = (who.features.is_object() && !who.features.empty()) || (who.sequences.is_object() && !who.sequences.empty());
  const bool is_known = encoder_->dataset().user_ids().find(who.user) != kUnknownIndex;
  return says_something || (is_known && !encoder_->dataset().user_features().empty()) || !known_history(encoder_->dataset(), who).items.empty();
}

// `vectors` are the interests of one user: one query of them all, or a query each.
std::vector<ScoredItem> ModelChannel::search(std::span<const float> vectors, int64_t num_queries, const RowFilter& filter, int64_t count) const {
  std::vector<int64_t> offsets = {0};
  std::vector<int32_t> excluded;
  for (int64_t q = 0; q < num_queries; ++q) {
    for (int32_t row : filter.denied) excluded.push_back(row - kFirstIndex);
    offsets.push_back(static_cast<int64_t>(excluded.size()));
  }
  SearchQuery query;
  query.vectors = vectors;
  query.num_queries = num_queries;
  query.vectors_per_query = static_cast<int64_t>(vectors.size()) / (encoder_->dim() * num_queries);
  query.k = std::min(count, index_->size());
  query.exclude = {offsets, excluded};
  if (!filter.allowed.empty()) query.allowed = std::span(filter.allowed).subspan(kFirstIndex);
  const SearchResult found = index_->search(query);
  std::vector<ScoredRow> rows;
  for (size_t i = 0; i < found.positions.size(); ++i) {
    if (found.positions[i] >= 0) rows.push_back({found.positions[i] + kFirstIndex, found.scores[i]});
  }
  std::sort(rows.begin(), rows.end(), [](const ScoredRow& a, const ScoredRow& b) { return a.row < b.row || (a.row == b.row && a.score > b.score); });
  rows.erase(std::unique(rows.begin(), rows.end(), [](const ScoredRow& a, const ScoredRow& b) { return a.row == b.row; }), rows.end());
  return best_rows(encoder_->dataset(), std::move(rows), {encoder_->dataset(), {}, {}}, std::numeric_limits<int64_t>::max());
}

std::vector<ScoredItem> ModelChannel::recall(const ChannelRequest& request) const {
  if (!has_history_of(request.who)) return {};
  const std::vector<int32_t> history = known_history(encoder_->dataset(), request.who).items;
  const std::vector<float> vectors = encoder_->encode_user(request.who);
  const int64_t num_queries = request.by_interest ? static_cast<int64_t>(vectors.size()) / encoder_->dim() : 1;
  return search(vectors, num_queries, RowFilter(encoder_->dataset(), request.filter, history), request.count);
}

std::vector<std::optional<float>> ModelChannel::score(const UserRequest& who, const std::vector<std::string>& items) const {
  const std::vector<float> users = encoder_->encode_user(who);
  const int64_t dim = encoder_->dim(), num_interests = static_cast<int64_t>(users.size()) / dim;
  std::vector<std::optional<float>> scores;
  for (const std::string& item : items) {
    const int32_t row = encoder_->dataset().item_ids().find(item);
    if (row == kUnknownIndex) {
      scores.emplace_back();
      continue;
    }
    const float* vector = encoder_->item_vectors().data() + (row - kFirstIndex) * dim;
    float best = -std::numeric_limits<float>::infinity();
    for (int64_t q = 0; q < num_interests; ++q) {
      float sum = 0;
      for (int64_t d = 0; d < dim; ++d) sum += users[q * dim + d] * vector[d];
      best = std::max(best, sum);
    }
    scores.emplace_back(best);
  }
  return scores;
}

std::vector<ScoredItem> ModelChannel::similar(const std::string& item, const ItemFilter& filter, int64_t count) const {
  const int32_t row = encoder_->dataset().item_ids().find(item);
  check(row != kUnknownIndex, ErrorKind::kNotFound, "there is no item '{}'", item);
  const RowFilter rows(encoder_->dataset(), {filter.has_allow, filter.allow, filter.deny, true}, {&row, 1});
  return search(encoder_->item_vectors().subspan((row - kFirstIndex) * encoder_->dim(), encoder_->dim()), 1, rows, count);
}

}  // namespace rechub
