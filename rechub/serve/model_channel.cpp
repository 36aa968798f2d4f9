#include "rechub/serve/model_channel.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "rechub/base/error.h"

namespace rechub {
namespace {

// `vectors` are the interests of one user, together or each on its own.
std::vector<ScoredItem> search(const LiveSnapshot& items, std::span<const float> vectors, bool by_interest, const ItemFilter& filter, std::vector<std::string> deny,
                               int64_t count) {
  deny.insert(deny.end(), filter.deny.begin(), filter.deny.end());
  const int64_t dim = items.dim(), num_interests = static_cast<int64_t>(vectors.size()) / dim, queries = by_interest ? num_interests : 1;
  std::vector<ScoredItem> found;
  for (int64_t q = 0; q < queries; ++q) {
    LiveQuery query;
    query.vectors = by_interest ? vectors.subspan(q * dim, dim) : vectors;
    query.vectors_per_query = num_interests / queries;
    query.k = count;
    query.allow = filter.has_allow ? &filter.allow : nullptr;
    query.deny = deny;
    std::ranges::move(items.search(query), std::back_inserter(found));
  }
  if (queries == 1) return found;
  // An item of several lists counts with its best score, which comes first.
  std::stable_sort(found.begin(), found.end(), [](const ScoredItem& a, const ScoredItem& b) { return a.score > b.score; });
  boost::unordered_flat_set<std::string> met;
  std::erase_if(found, [&](const ScoredItem& item) { return !met.insert(item.item).second; });
  return found;
}

// The index the bundle carries, where it is of the kind that is wanted: a million items take minutes to index, and its setting was tuned on users.
std::shared_ptr<const Index> index_of(const Encoder& encoder, const LiveItemsOptions& options) {
  if (std::shared_ptr<const Index> stored = encoder.stored_index(options.spec)) return stored;
  return build_index(options.spec, encoder.item_vectors(), encoder.dataset().num_items(), encoder.dim(), options.index);
}

}  // namespace

ModelChannel::ModelChannel(std::unique_ptr<Encoder> encoder, const LiveItemsOptions& options)
    : encoder_(std::move(encoder)), options_(options), index_(index_of(*encoder_, options)), items_(std::make_shared<LiveItems>(base(), encoder_->dim(), options)) {}

LiveBase ModelChannel::base() const { return {index_, {encoder_, &encoder_->dataset().item_ids()}, encoder_->item_vectors(), encoder_}; }

bool ModelChannel::has_history_of(const UserRequest& who) const {
  const bool says_something = (who.features.is_object() && !who.features.empty()) || (who.sequences.is_object() && !who.sequences.empty());
  const bool is_known = encoder_->dataset().user_ids().find(who.user) != kUnknownIndex;
  return says_something || (is_known && !encoder_->dataset().user_features().empty()) || !known_history(encoder_->dataset(), who).items.empty();
}

std::vector<ScoredItem> ModelChannel::recall(const ChannelRequest& request) const {
  if (!has_history_of(request.who)) return {};
  std::vector<std::string> seen;
  if (request.filter.exclude_seen && request.who.history) seen = *request.who.history;
  if (request.filter.exclude_seen && !request.who.history) {
    for (int32_t row : known_history(encoder_->dataset(), request.who).items) seen.push_back(encoder_->dataset().item_ids().text(row));
  }
  const auto items = snapshot();
  return search(*items, encoder_->encode_user(request.who), request.by_interest, request.filter, std::move(seen), request.count);
}

std::vector<std::optional<float>> ModelChannel::score(const UserRequest& who, const std::vector<std::string>& items) const {
  const std::vector<float> users = encoder_->encode_user(who);
  const auto dim = static_cast<size_t>(encoder_->dim());
  const auto now = snapshot();
  std::vector<std::optional<float>> scores;
  for (const std::string& item : items) {
    const auto vector = now->vector(item);
    if (!vector) {
      scores.emplace_back();
      continue;
    }
    float best = -std::numeric_limits<float>::infinity();
    for (size_t begin = 0; begin < users.size(); begin += dim) {
      float sum = 0;
      for (size_t d = 0; d < dim; ++d) sum += users[begin + d] * (*vector)[d];
      best = std::max(best, sum);
    }
    scores.emplace_back(best);
  }
  return scores;
}

std::vector<ScoredItem> ModelChannel::similar(const std::string& item, const ItemFilter& filter, int64_t count) const {
  const auto items = snapshot();
  const auto vector = items->vector(item);
  check(vector.has_value(), ErrorKind::kNotFound, "there is no item '{}'", item);
  return search(*items, *vector, false, filter, {item}, count);
}

}  // namespace rechub
