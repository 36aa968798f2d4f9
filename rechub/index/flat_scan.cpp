#include "rechub/index/flat_scan.h"

#include <algorithm>
#include <limits>

#include "rechub/kernels/aligned_buffer.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kTilePanels = 12;  // the scores of a block of queries and 192 items fit the second cache
constexpr float kInfinity = std::numeric_limits<float>::infinity();

}  // namespace

int64_t FlatPanels::num_panels() const { return (size + kPanelWidth - 1) / kPanelWidth; }

FlatBlock::FlatBlock(const FlatPanels& panels, const SearchQuery& query, int64_t first, int64_t last) : panels_(panels), query_(query), first_(first), last_(last) {
  sort_excluded();
  score_targets();
}

void FlatBlock::sort_excluded() {
  const Lists& lists = query_.exclude;
  if (lists.offsets.empty()) {
    excluded_offsets_.assign(num_queries() + 1, 0);
    return;
  }
  const int64_t begin = lists.offsets[first_];
  for (int64_t q = first_; q <= last_; ++q) excluded_offsets_.push_back(lists.offsets[q] - begin);
  excluded_.assign(lists.values.begin() + begin, lists.values.begin() + lists.offsets[last_]);
  for (int64_t q = 0; q < num_queries(); ++q) std::sort(excluded_.begin() + excluded_offsets_[q], excluded_.begin() + excluded_offsets_[q + 1]);
}

bool FlatBlock::is_hidden(int64_t query, int32_t position) const {
  if (!query_.allowed.empty() && query_.allowed[position] == 0) return true;
  return std::binary_search(excluded_.begin() + excluded_offsets_[query], excluded_.begin() + excluded_offsets_[query + 1], position);
}

// The kernels give a vector the same bits in any tile, so a target's own panel is enough.
void FlatBlock::score_targets() {
  if (query_.targets.offsets.empty()) return;
  const int64_t vectors = query_.vectors_per_query;
  std::vector<float> scores(vectors * kPanelWidth);
  for (int64_t q = first_; q < last_; ++q) {
    const float* rows = query_.vectors.data() + q * vectors * panels_.dim;
    for (int64_t t = query_.targets.offsets[q]; t < query_.targets.offsets[q + 1]; ++t) {
      const int64_t target = query_.targets.values[t];
      kernels().panels.dot(rows, panels_.dim, vectors, panels_.data + target / kPanelWidth * panels_.dim * kPanelWidth, 1, panels_.dim, scores.data());
      kernels().scores.max_of_groups(scores.data(), 1, 1, vectors, scores.data());
      target_scores_.push_back(scores[target % kPanelWidth]);
    }
  }
}

FlatFindings FlatBlock::scan(int64_t begin, int64_t end) const {
  const int64_t vectors = query_.vectors_per_query, num_rows = num_queries() * vectors;
  FlatFindings found{std::vector<TopK>(num_queries(), TopK(query_.k)), std::vector<int64_t>(target_scores_.size()), std::vector<int64_t>(target_scores_.size())};
  std::vector<int64_t> cursors;
  for (int64_t q = 0; q < num_queries(); ++q) {
    const auto list = excluded_.begin() + excluded_offsets_[q], list_end = excluded_.begin() + excluded_offsets_[q + 1];
    cursors.push_back(std::lower_bound(list, list_end, begin * kPanelWidth) - excluded_.begin());
  }
  AlignedBuffer scores(kTilePanels * num_rows * kPanelWidth);
  std::vector<int32_t> items(kTilePanels * kPanelWidth);
  std::vector<float> item_scores(items.size());
  for (int64_t panel = begin; panel < end; panel += kTilePanels) {
    const int64_t num_panels = std::min(kTilePanels, end - panel);
    kernels().panels.dot(query_.vectors.data() + first_ * vectors * panels_.dim, panels_.dim, num_rows, panels_.data + panel * panels_.dim * kPanelWidth, num_panels, panels_.dim,
                         scores.data());
    if (vectors > 1) kernels().scores.max_of_groups(scores.data(), num_panels, num_queries(), vectors, scores.data());
    mask(scores.data(), panel, panel + num_panels, cursors);
    rank(scores.data(), num_panels, found);
    if (query_.k == 0) continue;
    for (int64_t q = 0; q < num_queries(); ++q) {
      TopK& top = found.tops[q];
      const int64_t count =
          kernels().scores.collect_above(scores.data() + q * kPanelWidth, num_queries() * kPanelWidth, num_panels, top.threshold(), items.data(), item_scores.data());
      if (count > 0) top.add(item_scores.data(), items.data(), count, panel * kPanelWidth);
    }
  }
  return found;
}

// Gives hidden positions of panels [begin, end), and the places behind the last vector, the score -infinity. cursors[q] is the next excluded position of query q.
void FlatBlock::mask(float* scores, int64_t begin, int64_t end, std::vector<int64_t>& cursors) const {
  const int64_t first_item = begin * kPanelWidth, end_item = end * kPanelWidth;
  if (!query_.allowed.empty() || end_item > panels_.size) {
    float caps[kTilePanels * kPanelWidth];
    for (int64_t item = first_item; item < end_item; ++item) {
      const bool is_shown = item < panels_.size && (query_.allowed.empty() || query_.allowed[item] != 0);
      caps[item - first_item] = is_shown ? kInfinity : -kInfinity;
    }
    kernels().scores.cap(scores, end - begin, num_queries(), caps);
  }
  for (int64_t q = 0; q < num_queries(); ++q) {
    for (int64_t& cursor = cursors[q]; cursor < excluded_offsets_[q + 1] && excluded_[cursor] < end_item; ++cursor) {
      const int64_t item = excluded_[cursor] - first_item;
      scores[(item / kPanelWidth * num_queries() + q) * kPanelWidth + item % kPanelWidth] = -kInfinity;
    }
  }
}

void FlatBlock::rank(const float* scores, int64_t num_panels, FlatFindings& found) const {
  if (target_scores_.empty()) return;
  for (int64_t q = 0; q < num_queries(); ++q) {
    for (int64_t t = query_.targets.offsets[first_ + q] - first_target(); t < query_.targets.offsets[first_ + q + 1] - first_target(); ++t) {
      kernels().scores.count(scores + q * kPanelWidth, num_queries() * kPanelWidth, num_panels, target_scores_[t], &found.better[t], &found.equal[t]);
    }
  }
}

void FlatBlock::finish(std::vector<FlatFindings>& findings, SearchResult& result) const {
  for (int64_t q = 0; q < num_queries(); ++q) {
    TopK& top = findings.front().tops[q];
    for (size_t i = 1; i < findings.size(); ++i) top.merge(findings[i].tops[q]);
    const std::vector<ScoredPosition> best = std::move(top).sorted();
    for (size_t i = 0; i < best.size(); ++i) {
      result.positions[(first_ + q) * query_.k + i] = best[i].position;
      result.scores[(first_ + q) * query_.k + i] = best[i].score;
    }
    if (target_scores_.empty()) continue;
    for (int64_t t = query_.targets.offsets[first_ + q]; t < query_.targets.offsets[first_ + q + 1]; ++t) {
      int64_t better = 0, equal = is_hidden(q, query_.targets.values[t]) ? 0 : -1;
      for (const FlatFindings& found : findings) {
        better += found.better[t - first_target()];
        equal += found.equal[t - first_target()];
      }
      result.ranks[t] = 1.0 + static_cast<double>(better) + 0.5 * static_cast<double>(equal);
      result.ties[t] = static_cast<int32_t>(equal);
    }
  }
}

}  // namespace rechub
