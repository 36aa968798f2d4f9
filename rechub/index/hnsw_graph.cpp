#include "rechub/index/hnsw_graph.h"

#include <algorithm>
#include <string>

#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr size_t kMaxLevels = 64;

std::string section_name(size_t level, const char* array) { return "level" + std::to_string(level + 1) + "." + array; }

void check_links(std::span<const int32_t> links, int64_t width, int64_t size, const std::string& path) {
  for (size_t i = 0; i < links.size(); ++i) {
    const bool is_behind_last = i % width > 0 && links[i - 1] < 0;
    check(links[i] >= -1 && links[i] < size && (!is_behind_last || links[i] == -1), ErrorKind::kData, "{}: link {} of node {} leads to {}", path, i % width, i / width, links[i]);
  }
}

}  // namespace

int64_t HnswGraph::memory_bytes() const {
  size_t bytes = links.size_bytes();
  for (const HnswLevel& level : levels) bytes += level.positions.size_bytes() + level.below.size_bytes() + level.links.size_bytes();
  return static_cast<int64_t>(bytes);
}

void HnswGraph::add_to(IndexFileWriter& file) const {
  file.add("links", links);
  file.add("entry", std::span<const int32_t>(&entry, 1));
  for (size_t level = 0; level < levels.size(); ++level) {
    file.add(section_name(level, "positions"), levels[level].positions);
    file.add(section_name(level, "below"), levels[level].below);
    file.add(section_name(level, "links"), levels[level].links);
  }
}

HnswGraph BuiltHnswGraph::view() const {
  HnswGraph graph;
  graph.width = width;
  graph.size = static_cast<int64_t>(links.size()) / std::max<int64_t>(width, 1);
  graph.links = links;
  graph.entry = entry;
  for (const Level& level : levels) graph.levels.push_back({level.positions, level.below, level.links, level_width});
  return graph;
}

HnswGraph read_hnsw_graph(const IndexFile& file, int64_t num_links) {
  HnswGraph graph;
  graph.size = file.size();
  graph.width = 2 * num_links;
  graph.links = file.section<int32_t>("links", graph.size * graph.width);
  check_links(graph.links, graph.width, graph.size, file.path());
  graph.entry = file.section<int32_t>("entry", 1)[0];
  check(graph.size == 0 ? graph.entry == -1 : graph.entry >= 0 && graph.entry < graph.size, ErrorKind::kData, "{}: the search starts at {}", file.path(), graph.entry);
  int64_t size_below = graph.size;
  for (size_t level = 0; level < kMaxLevels && file.has(section_name(level, "positions")); ++level) {
    HnswLevel here;
    here.positions = file.section<int32_t>(section_name(level, "positions"));
    const auto size = static_cast<int64_t>(here.positions.size());
    here.width = num_links;
    here.below = file.section<int32_t>(section_name(level, "below"), size);
    here.links = file.section<int32_t>(section_name(level, "links"), size * here.width);
    check(size > 0, ErrorKind::kData, "{}: level {} is empty", file.path(), level + 1);
    for (int64_t i = 0; i < size; ++i) {
      check(here.positions[i] >= 0 && here.positions[i] < graph.size && here.below[i] >= 0 && here.below[i] < size_below, ErrorKind::kData, "{}: node {} of level {} is at {}, {}",
            file.path(), i, level + 1, here.positions[i], here.below[i]);
    }
    check_links(here.links, here.width, size, file.path());
    graph.levels.push_back(here);
    size_below = size;
  }
  return graph;
}

}  // namespace rechub
