#include <algorithm>
#include <vector>

#include "rechub/index/hnsw_graph.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kScoresBeforeCounting = 16;  // times ef, before hidden positions are suspected of being most of them
constexpr int64_t kScanAdvantage = 4;          // a score in a scan is that much cheaper than one in the graph

// The best positions so far, best first, hidden ones among them since ways lead through them. It holds `ef` permitted ones at most, and nothing behind the last of these when full.
class Frontier {
 public:
  struct Entry {
    float score;
    int32_t position;
    bool is_permitted, is_expanded;
  };

  void start(int64_t ef) {
    entries_.clear();
    ef_ = ef;
    num_permitted_ = 0;
    next_ = 0;
  }
  bool is_full() const { return num_permitted_ == ef_; }
  bool accepts(float score) const { return !is_full() || score > entries_.back().score; }

  void insert(float score, int32_t position, bool is_permitted) {
    const auto place = std::upper_bound(entries_.begin(), entries_.end(), score, [](float value, const Entry& entry) { return value > entry.score; });
    next_ = std::min(next_, static_cast<size_t>(place - entries_.begin()));
    entries_.insert(place, {score, position, is_permitted, false});
    num_permitted_ += is_permitted;
    if (num_permitted_ <= ef_) return;
    --num_permitted_;
    do entries_.pop_back();
    while (!entries_.back().is_permitted);
  }

  // The best position whose links were not followed yet; -1 when there is none.
  int32_t take_next() {
    while (next_ < entries_.size() && entries_[next_].is_expanded) ++next_;
    if (next_ >= entries_.size()) return -1;
    entries_[next_].is_expanded = true;
    return entries_[next_++].position;
  }
  // What will probably be taken next, for its memory to be asked for.
  int32_t probably_next() const { return next_ < entries_.size() ? entries_[next_].position : -1; }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  int64_t ef_ = 0, num_permitted_ = 0;
  size_t next_ = 0;
};

// From the top, on each level to the node nearest to the vector: the position to start from on the ground.
int32_t descend(const HnswGraph& graph, const HnswScorer& scorer) {
  if (graph.levels.empty()) return graph.entry;
  std::vector<int32_t> positions(graph.levels[0].width);
  std::vector<float> scores(positions.size());
  int32_t node = 0;
  float best = 0;
  scorer(&graph.levels.back().positions[node], 1, &best);
  for (size_t level = graph.levels.size(); level-- > 0;) {
    const HnswLevel& here = graph.levels[level];
    for (bool is_better = true; is_better;) {
      is_better = false;
      const int32_t* links = here.links.data() + node * here.width;
      int64_t count = 0;
      for (; count < here.width && links[count] >= 0; ++count) positions[count] = here.positions[links[count]];
      scorer(positions.data(), count, scores.data());
      for (int64_t i = 0; i < count; ++i) {
        if (!(scores[i] > best)) continue;
        best = scores[i];
        node = links[i];
        is_better = true;
      }
    }
    node = here.below[node];
  }
  return node;
}

}  // namespace

void HnswScorer::operator()(const int32_t* positions, int64_t count, float* scores) const {
  if (rows) {
    kernels().scattered_rows.dots(vector, rows, dim, positions, count, scores);
    return;
  }
  kernels().scattered_rows.code_dots(vector, codes, dim, positions, count, scores);
  for (int64_t i = 0; i < count; ++i) scores[i] += offset;
}

bool search_hnsw_graph(const HnswGraph& graph, const HnswScorer& scorer, int64_t ef, const Permitted& permitted, std::vector<ScoredPosition>& found) {
  static thread_local PositionSet visited;  // what was scored
  static thread_local Frontier frontier;
  static thread_local std::vector<int32_t> fresh;
  static thread_local std::vector<float> scores;
  if (graph.size == 0) return true;
  visited.start(graph.size);
  frontier.start(ef);
  fresh.resize(graph.width);
  scores.resize(graph.width);
  const uint8_t* allowed = permitted.allowed();
  int64_t patience = permitted.hides_something() ? kScoresBeforeCounting * ef : graph.size + 1;

  const int32_t entry = descend(graph, scorer);
  visited.insert(entry);
  scorer(&entry, 1, scores.data());
  frontier.insert(scores[0], entry, permitted(entry));
  for (int32_t position = frontier.take_next(); position >= 0; position = frontier.take_next()) {
    const int32_t* links = graph.links.data() + position * graph.width;
    int64_t count = 0;
    for (int64_t i = 0; i < graph.width && links[i] >= 0; ++i) {
      if (!visited.insert(links[i])) continue;
      if (allowed) __builtin_prefetch(allowed + links[i]);
      fresh[count++] = links[i];
    }
    if (const int32_t next = frontier.probably_next(); next >= 0) {
      for (int64_t i = 0; i < graph.width; i += 16) __builtin_prefetch(graph.links.data() + next * graph.width + i);
    }
    scorer(fresh.data(), count, scores.data());
    for (int64_t i = 0; i < count; ++i) {
      if (frontier.accepts(scores[i])) frontier.insert(scores[i], fresh[i], permitted(fresh[i]));
    }
    const auto num_scored = static_cast<int64_t>(visited.members().size());
    if (num_scored < patience) continue;
    if (permitted.count() <= kScanAdvantage * num_scored) return false;
    patience = 2 * num_scored;
  }
  for (const Frontier::Entry& item : frontier.entries()) {
    if (item.is_permitted) found.push_back({item.score, item.position});
  }
  return true;
}

}  // namespace rechub
