#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rechub/kernels/aligned_buffer.h"
#include "rechub/kernels/panels.h"

namespace rechub {

// Where the entries of a delta lie. Full panels and the names of entries are written before a view shows them; the last panel, while it fills, is copied for each view.
struct LiveDeltaChunk {
  AlignedBuffer panels;
  std::vector<std::string> ids;
};

// The entries of each id. Ids are texts of chunks, and all views share them: an old one holds only the chunks of its time, and a search in it meets ids of later ones.
struct LiveDeltaNames {
  std::shared_mutex mutex;
  std::vector<std::shared_ptr<const LiveDeltaChunk>> owners;  // of those texts
  std::unordered_map<std::string_view, int32_t> last;
  std::vector<int32_t> previous;  // of an entry: the one of the same id before it, -1 for none
};

struct LiveDeltaParts {
  int64_t dim = 0, size = 0;
  std::shared_ptr<const std::vector<std::shared_ptr<LiveDeltaChunk>>> chunks;
  std::shared_ptr<const AlignedBuffer> open_panel;  // null where the last panel is full
  std::shared_ptr<LiveDeltaNames> names;
};

// The first entries of a delta: what it shows never changes, and any thread may read it while the delta grows.
class LiveDeltaView {
 public:
  LiveDeltaView() = default;  // of nothing
  explicit LiveDeltaView(LiveDeltaParts parts) : parts_(std::move(parts)) {}

  int64_t size() const { return parts_.size; }
  int32_t find(std::string_view id) const;  // the last entry of this id, -1 for none
  const std::string& id(int64_t entry) const;
  std::vector<float> vector(int64_t entry) const;

  // Panels (kernels/panels.h) from `first` on that lie behind each other in memory, at most `most`; sets `count`. Lanes beyond size() hold zeros.
  const float* panels(int64_t first, int64_t most, int64_t& count) const;
  int64_t num_panels() const { return (parts_.size + kPanelWidth - 1) / kPanelWidth; }

 private:
  LiveDeltaParts parts_;
};

// Vectors put one after the other. One thread at a time appends and takes views.
class LiveDelta {
 public:
  explicit LiveDelta(int64_t dim);
  int64_t append(std::string_view id, std::span<const float> vector);  // [dim]; returns its entry
  int64_t size() const { return grown_.size; }
  int32_t find(std::string_view id) const { return LiveDeltaView(grown_).find(id); }
  LiveDeltaView view() const;

 private:
  LiveDeltaParts grown_;   // without the open panel
  AlignedBuffer filling_;  // the panel that is not full yet
};

}  // namespace rechub
