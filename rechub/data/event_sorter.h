#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rechub {

// One event as it lies in an EventSorter: 32-bit words user, item, time (two words), then `num_extra` words of the caller's.
struct EventRecord {
  static constexpr int64_t kFixedWords = 4;
  const uint32_t* words;

  int32_t user() const { return static_cast<int32_t>(words[0]); }
  int32_t item() const { return static_cast<int32_t>(words[1]); }
  int64_t time() const { return static_cast<int64_t>(static_cast<uint64_t>(words[3]) << 32 | words[2]); }
  uint32_t extra(int64_t i) const { return words[kFixedWords + i]; }
};

// Sorts events by (user, time) and, where these are equal, by the order in which they came. Beyond `memory_bytes` sorted runs go to files in `folder` and are merged when they are
// read, so memory stays bounded whatever the number of events of a user; the result is the same with and without runs. Throws kData naming file and reason where a run cannot be
// written or read back. Not thread-safe.
class EventSorter {
 public:
  EventSorter(int64_t num_extra, int64_t memory_bytes, std::string folder);
  ~EventSorter();
  EventSorter(const EventSorter&) = delete;
  EventSorter& operator=(const EventSorter&) = delete;

  // Adds an event; the returned `num_extra` words must be set before the next call.
  uint32_t* append(int32_t user, int32_t item, int64_t time);
  void set_memory(int64_t memory_bytes) { memory_bytes_ = memory_bytes; }  // holds from the next append on

  int64_t size() const { return size_; }
  int64_t num_runs() const;  // files written so far
  int64_t record_words() const { return record_words_; }
  int64_t memory_held() const;  // bytes of the events in memory
  int64_t memory_used() const;  // and of what sorting them will take

  // Hands all events to `visit` in order, a block of whole records at a time. May be called again and again; after the first time nothing can be appended.
  void scan(const std::function<void(std::span<const uint32_t> block)>& visit);

 private:
  using Block = std::vector<uint32_t>;
  struct Run;
  class RunReader;
  const uint32_t* record(size_t index) const;
  std::vector<uint32_t> sorted_order() const;
  void visit_memory(const std::function<void(std::span<const uint32_t>)>& visit);
  void spill();
  void merge(const std::function<void(std::span<const uint32_t>)>& visit) const;

  int64_t record_words_, memory_bytes_;
  std::string folder_;
  std::vector<Block> blocks_;  // of kBlockRecords records each; the last may be shorter
  int64_t num_in_memory_ = 0, size_ = 0;
  int32_t last_user_ = -1, max_user_ = -1;
  int64_t last_time_ = 0;
  bool is_sorted_ = true;        // the events in memory came in order
  std::vector<uint32_t> order_;  // of the events in memory, from the first scan on
  std::vector<Run> runs_;
};

}  // namespace rechub
