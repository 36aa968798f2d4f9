#include "rechub/serve/live_snapshot.h"

#include <algorithm>
#include <limits>

#include "rechub/base/error.h"
#include "rechub/index/query_checks.h"
#include "rechub/index/top_k.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kTilePanels = 12;  // as many scores as the first cache holds

// A query's filters in places of one state.
struct Filter {
  std::vector<uint8_t> allowed;  // positions, with an allow list only
  std::vector<int32_t> denied_positions, denied_entries, allowed_entries;
  bool has_allow = false;

  bool permits_entry(int32_t entry) const {
    if (has_allow && !std::binary_search(allowed_entries.begin(), allowed_entries.end(), entry)) return false;
    return !std::binary_search(denied_entries.begin(), denied_entries.end(), entry);
  }
};

Filter make_filter(const LiveState& state, const LiveQuery& query) {
  Filter filter;
  for (const std::string& id : query.deny) {
    const LivePlace place = state.find(id);
    if (place.position >= 0) filter.denied_positions.push_back(place.position);
    if (place.entry >= 0) filter.denied_entries.push_back(place.entry);
  }
  std::sort(filter.denied_entries.begin(), filter.denied_entries.end());
  if (query.allow == nullptr) return filter;
  filter.has_allow = true;
  filter.allowed.assign(state.base->index->size(), 0);
  for (const std::string& id : *query.allow) {
    const LivePlace place = state.find(id);
    if (place.position >= 0) filter.allowed[place.position] = 1;
    if (place.entry >= 0) filter.allowed_entries.push_back(place.entry);
  }
  std::sort(filter.allowed_entries.begin(), filter.allowed_entries.end());
  return filter;
}

std::vector<ScoredItem> search_base(const LiveState& state, const LiveQuery& query, const Filter& filter, int64_t k) {
  std::vector<ScoredItem> items;
  const Index& index = *state.base->index;
  k = std::min(k, index.size());
  if (k == 0) return items;
  SearchQuery search{.vectors = query.vectors, .num_queries = 1, .vectors_per_query = query.vectors_per_query, .k = k, .effort = query.effort};
  const int64_t offsets[] = {0, static_cast<int64_t>(filter.denied_positions.size())};
  if (!filter.denied_positions.empty()) search.exclude = {offsets, filter.denied_positions};
  if (filter.has_allow) {
    search.allowed = filter.allowed;
  } else if (state.visible) {
    search.allowed = *state.visible;
    search.allowed_count = index.size() - state.num_hidden;
  }
  const SearchResult result = index.search(search);
  for (int64_t i = 0; i < k && result.positions[i] >= 0; ++i) items.push_back({state.base->ids->text(result.positions[i] + kFirstIndex), result.scores[i]});
  return items;
}

std::vector<ScoredItem> search_delta(const LiveState& state, const LiveQuery& query, const Filter& filter, int64_t k) {
  const LiveDeltaView& delta = state.delta;
  const int64_t dim = state.base->index->dim(), rows = query.vectors_per_query;
  const bool is_cosine = state.base->index->similarity() == Similarity::kCosine;
  const std::vector<float> unit = is_cosine ? normalised(query.vectors, dim) : std::vector<float>();
  const float* vectors = is_cosine ? unit.data() : query.vectors.data();
  TopK top(std::min(k, delta.size()));
  AlignedBuffer scores(kTilePanels * rows * kPanelWidth);
  int32_t entries[kTilePanels * kPanelWidth];
  float entry_scores[kTilePanels * kPanelWidth];
  int64_t count = 0;
  for (int64_t panel = 0; panel < delta.num_panels(); panel += count) {
    const float* data = delta.panels(panel, kTilePanels, count);
    kernels().panels.dot(vectors, dim, rows, data, count, dim, scores.data());
    if (rows > 1) kernels().scores.max_of_groups(scores.data(), count, 1, rows, scores.data());
    const int64_t found = kernels().scores.collect_above(scores.data(), kPanelWidth, count, top.threshold(), entries, entry_scores);
    int64_t kept = 0;
    for (int64_t i = 0; i < found; ++i) {
      const int64_t entry = panel * kPanelWidth + entries[i];
      if (entry >= delta.size() || (*state.dead)[entry] != 0 || !filter.permits_entry(static_cast<int32_t>(entry))) continue;
      entries[kept] = entries[i], entry_scores[kept++] = entry_scores[i];
    }
    top.add(entry_scores, entries, kept, panel * kPanelWidth);
  }
  std::vector<ScoredItem> items;
  for (const ScoredPosition& best : std::move(top).sorted()) items.push_back({delta.id(best.position), best.score});
  return items;
}

}  // namespace

LivePlace LiveState::find(std::string_view id) const {
  const int32_t entry = delta.size() > 0 ? delta.find(id) : -1;
  if (entry >= 0) return (*dead)[entry] == 0 ? LivePlace{-1, entry} : LivePlace{};
  const int32_t row = base->ids->find(id);
  if (row == kUnknownIndex || !is_visible(row - kFirstIndex)) return {};
  return {row - kFirstIndex, -1};
}

std::vector<ScoredItem> LiveSnapshot::search(const LiveQuery& query) const {
  check(query.k >= 0 && query.vectors_per_query > 0 && static_cast<int64_t>(query.vectors.size()) == query.vectors_per_query * dim(), ErrorKind::kShape,
        "live items: {} vectors of {} dimensions and k = {} are wanted, got {} floats", query.vectors_per_query, dim(), query.k, query.vectors.size());
  check(all_finite(query.vectors.data(), static_cast<int64_t>(query.vectors.size())), ErrorKind::kData, "live items: the query holds a NaN or an infinity");
  const int64_t k = std::min(query.k, size());
  const Filter filter = make_filter(state_, query);
  std::vector<ScoredItem> items = search_base(state_, query, filter, k);
  if (state_.delta.size() == state_.num_dead) return items;
  return merge_best(std::move(items), search_delta(state_, query, filter, k), k);
}

std::span<const float> LiveSnapshot::look(LivePlace place, std::vector<float>& made) const {
  if (place.entry >= 0) return made = state_.delta.vector(place.entry);
  const std::span<const float> stored = state_.base->vectors.subspan(place.position * dim(), dim());
  if (state_.base->index->similarity() != Similarity::kCosine) return stored;
  return made = normalised(stored, dim());
}

std::optional<std::vector<float>> LiveSnapshot::vector(std::string_view id) const {
  const LivePlace place = state_.find(id);
  if (!place.is_live()) return std::nullopt;
  std::vector<float> made;
  const std::span<const float> values = look(place, made);
  return std::vector<float>(values.begin(), values.end());
}

std::optional<float> LiveSnapshot::score(std::string_view id, std::span<const float> vectors) const {
  const LivePlace place = state_.find(id);
  if (!place.is_live()) return std::nullopt;
  std::vector<float> made;
  const std::span<const float> item = look(place, made);
  float best = -std::numeric_limits<float>::infinity();
  for (size_t begin = 0; begin < vectors.size(); begin += item.size()) {
    float sum = 0;
    for (size_t d = 0; d < item.size(); ++d) sum += vectors[begin + d] * item[d];
    best = std::max(best, sum);
  }
  return best;
}

}  // namespace rechub
