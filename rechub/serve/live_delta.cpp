#include "rechub/serve/live_delta.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace rechub {
namespace {

constexpr int64_t kChunkPanels = 64;
constexpr int64_t kChunkEntries = kChunkPanels * kPanelWidth;

}  // namespace

int32_t LiveDeltaView::find(std::string_view id) const {
  if (parts_.size == 0) return -1;
  std::shared_lock lock(parts_.names->mutex);
  const auto found = parts_.names->last.find(id);
  int32_t entry = found == parts_.names->last.end() ? -1 : found->second;
  while (entry >= parts_.size) entry = parts_.names->previous[entry];  // put after this view was taken
  return entry;
}

const std::string& LiveDeltaView::id(int64_t entry) const { return (*parts_.chunks)[entry / kChunkEntries]->ids[entry % kChunkEntries]; }

const float* LiveDeltaView::panels(int64_t first, int64_t most, int64_t& count) const {
  const int64_t full = parts_.size / kPanelWidth;
  if (first >= full) {
    count = 1;
    return parts_.open_panel->data();
  }
  count = std::min({most, full - first, kChunkPanels - first % kChunkPanels});
  return (*parts_.chunks)[first / kChunkPanels]->panels.data() + first % kChunkPanels * parts_.dim * kPanelWidth;
}

std::vector<float> LiveDeltaView::vector(int64_t entry) const {
  int64_t count = 0;
  const float* panel = panels(entry / kPanelWidth, 1, count);
  std::vector<float> values(parts_.dim);
  for (int64_t i = 0; i < parts_.dim; ++i) values[i] = panel[i * kPanelWidth + entry % kPanelWidth];
  return values;
}

LiveDelta::LiveDelta(int64_t dim) : filling_(dim * kPanelWidth) {
  grown_.dim = dim;
  grown_.chunks = std::make_shared<std::vector<std::shared_ptr<LiveDeltaChunk>>>();
  grown_.names = std::make_shared<LiveDeltaNames>();
}

int64_t LiveDelta::append(std::string_view id, std::span<const float> vector) {
  const int64_t entry = grown_.size, lane = entry % kPanelWidth;
  if (entry % kChunkEntries == 0) {
    auto chunks = std::make_shared<std::vector<std::shared_ptr<LiveDeltaChunk>>>(*grown_.chunks);
    chunks->push_back(std::make_shared<LiveDeltaChunk>(LiveDeltaChunk{AlignedBuffer(kChunkPanels * grown_.dim * kPanelWidth), std::vector<std::string>(kChunkEntries)}));
    grown_.chunks = std::move(chunks);
  }
  LiveDeltaChunk& chunk = *grown_.chunks->back();
  if (lane == 0) std::fill_n(filling_.data(), filling_.size(), 0.0f);
  for (int64_t i = 0; i < grown_.dim; ++i) filling_.data()[i * kPanelWidth + lane] = vector[i];
  if (lane == kPanelWidth - 1) std::copy_n(filling_.data(), filling_.size(), chunk.panels.data() + entry / kPanelWidth % kChunkPanels * filling_.size());
  std::string& name = chunk.ids[entry % kChunkEntries];
  name = id;
  LiveDeltaNames& names = *grown_.names;
  {
    std::unique_lock lock(names.mutex);
    if (entry % kChunkEntries == 0) names.owners.push_back(grown_.chunks->back());
    const auto [place, is_new] = names.last.try_emplace(name, static_cast<int32_t>(entry));
    names.previous.push_back(is_new ? -1 : std::exchange(place->second, static_cast<int32_t>(entry)));
  }
  return grown_.size++;
}

LiveDeltaView LiveDelta::view() const {
  LiveDeltaParts parts = grown_;
  if (parts.size % kPanelWidth != 0) {
    auto panel = std::make_shared<AlignedBuffer>(filling_.size());
    std::copy_n(filling_.data(), filling_.size(), panel->data());
    parts.open_panel = std::move(panel);
  }
  return LiveDeltaView(std::move(parts));
}

}  // namespace rechub
