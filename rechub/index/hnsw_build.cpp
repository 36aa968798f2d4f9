#include <algorithm>
#include <string>
#include <vector>

// Without it hnswlib reads one link past the end of a list to fetch ahead. Its own distances are not used here.
#define NO_MANUAL_VECTORIZATION
#include <hnswlib/hnswlib.h>

#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/index/hnsw_graph.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

using Graph = hnswlib::HierarchicalNSW<float>;

// The distance that hnswlib makes small: minus the inner product, by our kernels, which are compiled for the CPU's vectors where the header is compiled for any.
class InnerProduct : public hnswlib::SpaceInterface<float> {
 public:
  explicit InnerProduct(int64_t dim) : dim_(dim) {}
  size_t get_data_size() override { return dim_ * sizeof(float); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }
  void* get_dist_func_param() override { return &dim_; }

 private:
  static float distance(const void* a, const void* b, const void* dim) {
    return -kernels().scattered_rows.dot(static_cast<const float*>(a), static_cast<const float*>(b), *static_cast<const int64_t*>(dim));
  }
  int64_t dim_;
};

// Appends the positions behind hnswlib's own numbers, which follow the order in which threads came, and -1 up to `width`.
void append_links(const Graph& graph, const hnswlib::linklistsizeint* list, int64_t width, std::vector<int32_t>& links) {
  const auto count = static_cast<int64_t>(*reinterpret_cast<const unsigned short*>(list));
  for (int64_t i = 0; i < width; ++i) links.push_back(i < count ? static_cast<int32_t>(graph.getExternalLabel(list[1 + i])) : -1);
}

// Links each vector with up to `num_links` others, twice as many on the ground level.
BuiltHnswGraph build_graph(const IndexVectors& vectors, int64_t num_links, const IndexOptions& options) {
  const int64_t size = vectors.size();
  BuiltHnswGraph built;
  built.width = 2 * num_links;
  built.level_width = num_links;
  if (size == 0) return built;
  InnerProduct space(vectors.dim());
  Graph graph(&space, size, num_links, std::max(options.ef_construction, num_links), options.seed);
  graph.addPoint(vectors.row(0), 0);
  parallel_for(size - 1, 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin + 1; i < end + 1; ++i) graph.addPoint(vectors.row(i), i);
  });

  built.entry = static_cast<int32_t>(graph.getExternalLabel(graph.enterpoint_node_));
  std::vector<hnswlib::tableint> number(size);  // of each position in hnswlib
  for (int64_t i = 0; i < size; ++i) number[graph.getExternalLabel(i)] = i;
  built.links.reserve(size * built.width);
  for (int64_t i = 0; i < size; ++i) append_links(graph, graph.get_linklist0(number[i]), built.width, built.links);

  std::vector<int32_t> place(size), place_below(size);  // of each position in a level and in the one below
  for (int64_t i = 0; i < size; ++i) place_below[i] = static_cast<int32_t>(i);
  for (int level = 1; level <= graph.maxlevel_; ++level) {
    BuiltHnswGraph::Level& here = built.levels.emplace_back();
    for (int64_t i = 0; i < size; ++i) {
      if (graph.element_levels_[number[i]] < level) continue;
      place[i] = static_cast<int32_t>(here.positions.size());
      here.positions.push_back(static_cast<int32_t>(i));
      here.below.push_back(place_below[i]);
      append_links(graph, graph.get_linklist(number[i], level), num_links, here.links);
    }
    for (int32_t& link : here.links) link = link < 0 ? -1 : place[link];
    std::swap(place, place_below);
  }
  return built;
}

}  // namespace

std::unique_ptr<Index> build_hnsw(const IndexSpec& spec, const IndexVectors& vectors, const IndexOptions& options) {
  return make_hnsw(spec, build_graph(vectors, spec.number, options), vectors);
}

}  // namespace rechub
