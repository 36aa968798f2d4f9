#include "rechub/serve/model_channel.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/unordered/unordered_flat_set.hpp>

#include "rechub/base/error.h"
#include "rechub/serve/row_filter.h"

namespace rechub {
namespace {

// `vectors` are the interests of one user, together or each on its own.
std::vector<ScoredItem> search(const LiveSnapshot& items, std::span<const float> vectors, bool by_interest, const ItemFilter& filter, std::span<const std::string> deny,
                               int64_t count) {
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
  std::stable_sort(found.begin(), found.end(), comes_before);
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

std::vector<float> ModelChannel::user_vectors(const UserRequest& who) const { return has_history_of(who) ? encoder_->encode_user(who) : std::vector<float>(); }

std::vector<ScoredItem> ModelChannel::recall(const ChannelRequest& request, const LiveSnapshot& items, std::span<const float> user) const {
  if (user.empty()) return {};
  return search(items, user, request.by_interest, request.filter, denied_ids(encoder_->dataset(), request.filter, request.who), request.count);
}

std::vector<ScoredItem> ModelChannel::similar(const LiveSnapshot& items, const std::string& item, const ItemFilter& filter, int64_t count) {
  const auto vector = items.vector(item);
  check(vector.has_value(), ErrorKind::kNotFound, "there is no item '{}'", item);
  std::vector<std::string> deny = filter.deny;
  deny.push_back(item);
  return search(items, *vector, false, filter, deny, count);
}

}  // namespace rechub
