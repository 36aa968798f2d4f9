#include "rechub/data/event_sorter.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

constexpr size_t kBlockShift = 16, kBlockRecords = size_t{1} << kBlockShift;
constexpr int64_t kMaxInMemory = int64_t{1} << 32;  // positions are 32-bit
constexpr int64_t kOutputRecords = 8192;
constexpr int64_t kSmallestRead = 1 << 16, kLargestRead = 1 << 20;  // bytes

using Visit = std::function<void(std::span<const uint32_t>)>;

void transfer(ssize_t count, const char* action, const std::string& path) {
  check(count > 0, ErrorKind::kData, "cannot {} {}: {}", action, path, count == 0 ? "the file is shorter than what was written" : std::strerror(errno));
}

}  // namespace

// A file of sorted records. It is unlinked as soon as it is open: it vanishes however the process ends.
struct EventSorter::Run {
  Run(const std::string& folder, size_t number) : path(fmt::format("{}/events-{}.run", folder, number)) {
    file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    check(file >= 0, ErrorKind::kData, "cannot create {}: {}", path, std::strerror(errno));
    ::unlink(path.c_str());
  }
  Run(Run&& other) noexcept : path(std::move(other.path)), file(std::exchange(other.file, -1)), bytes(other.bytes) {}
  Run& operator=(Run&&) = delete;
  ~Run() {
    if (file >= 0) ::close(file);
  }

  void append(std::span<const uint32_t> words) {
    const char* data = reinterpret_cast<const char*>(words.data());
    for (size_t left = words.size_bytes(); left > 0;) {
      const ssize_t count = ::write(file, data, left);
      if (count < 0 && errno == EINTR) continue;
      transfer(count, "write", path);
      data += count;
      left -= static_cast<size_t>(count);
      bytes += count;
    }
  }

  std::string path;
  int file;
  int64_t bytes = 0;
};

class EventSorter::RunReader {
 public:
  RunReader(const Run& run, int64_t record_words, int64_t buffer_bytes) : run_(run), record_words_(record_words) {
    buffer_.resize(static_cast<size_t>(std::max<int64_t>(buffer_bytes / (4 * record_words), 1) * record_words));
    refill();
  }
  bool is_done() const { return next_ == end_; }
  EventRecord record() const { return {buffer_.data() + next_}; }
  void advance() {
    next_ += static_cast<size_t>(record_words_);
    if (next_ == end_) refill();
  }

 private:
  void refill() {
    const auto wanted = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(4 * buffer_.size()), run_.bytes - position_));
    for (size_t done = 0; done < wanted;) {
      const ssize_t count = ::pread(run_.file, reinterpret_cast<char*>(buffer_.data()) + done, wanted - done, position_);
      if (count < 0 && errno == EINTR) continue;
      transfer(count, "read", run_.path);
      done += static_cast<size_t>(count);
      position_ += count;
    }
    next_ = 0;
    end_ = wanted / 4;
  }

  const Run& run_;
  int64_t record_words_;
  int64_t position_ = 0;
  std::vector<uint32_t> buffer_;
  size_t next_ = 0, end_ = 0;
};

EventSorter::EventSorter(int64_t num_extra, int64_t memory_bytes, std::string folder)
    : record_words_(EventRecord::kFixedWords + num_extra), memory_bytes_(memory_bytes), folder_(std::move(folder)) {}

EventSorter::~EventSorter() = default;

int64_t EventSorter::num_runs() const { return static_cast<int64_t>(runs_.size()); }

int64_t EventSorter::memory_held() const {
  int64_t words = 0;
  for (const Block& block : blocks_) words += static_cast<int64_t>(block.capacity());
  return 4 * words;
}

int64_t EventSorter::memory_used() const { return memory_held() + (is_sorted_ ? 0 : 4 * (num_in_memory_ + max_user_ + 2)); }

uint32_t* EventSorter::append(int32_t user, int32_t item, int64_t time) {
  if ((static_cast<size_t>(num_in_memory_) & (kBlockRecords - 1)) == 0) {
    const int64_t next = 4 * record_words_ * static_cast<int64_t>(kBlockRecords);
    const bool is_full = memory_used() + next > memory_bytes_ || num_in_memory_ + static_cast<int64_t>(kBlockRecords) > kMaxInMemory;
    if (num_in_memory_ > 0 && is_full) {
      spill();
      return append(user, item, time);
    }
    blocks_.emplace_back().reserve(static_cast<size_t>(record_words_) * kBlockRecords);
  }
  is_sorted_ = is_sorted_ && std::pair(user, time) >= std::pair(last_user_, last_time_);
  last_user_ = user;
  last_time_ = time;
  max_user_ = std::max(max_user_, user);
  Block& words = blocks_.back();
  const size_t begin = words.size();
  words.resize(begin + static_cast<size_t>(record_words_));
  words[begin] = static_cast<uint32_t>(user);
  words[begin + 1] = static_cast<uint32_t>(item);
  words[begin + 2] = static_cast<uint32_t>(static_cast<uint64_t>(time));
  words[begin + 3] = static_cast<uint32_t>(static_cast<uint64_t>(time) >> 32);
  ++num_in_memory_;
  ++size_;
  return words.data() + begin + EventRecord::kFixedWords;
}

const uint32_t* EventSorter::record(size_t index) const { return blocks_[index >> kBlockShift].data() + (index & (kBlockRecords - 1)) * static_cast<size_t>(record_words_); }

// Positions of the events in memory, in order: a counting sort by user, then each user's by time, both stable.
std::vector<uint32_t> EventSorter::sorted_order() const {
  const auto count = static_cast<size_t>(num_in_memory_);
  std::vector<uint32_t> begin(static_cast<size_t>(max_user_) + 2), order(count);
  for (size_t i = 0; i < count; ++i) ++begin[record(i)[0] + 1];
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  for (size_t i = 0; i < count; ++i) order[begin[record(i)[0]]++] = static_cast<uint32_t>(i);
  // begin[u] is now the end of user u.
  std::vector<std::pair<int64_t, uint32_t>> times;  // of one user, with positions, which make every pair different and so the sort stable
  for (size_t user = 0, first = 0; user <= static_cast<size_t>(max_user_); first = begin[user++]) {
    times.clear();
    for (size_t i = first; i < begin[user]; ++i) times.emplace_back(EventRecord{record(order[i])}.time(), order[i]);
    if (std::is_sorted(times.begin(), times.end())) continue;
    std::sort(times.begin(), times.end());
    for (size_t i = first; i < begin[user]; ++i) order[i] = times[i - first].second;
  }
  return order;
}

void EventSorter::visit_memory(const Visit& visit) {
  if (is_sorted_) {
    for (const Block& block : blocks_) {
      if (!block.empty()) visit(block);
    }
    return;
  }
  if (order_.empty()) order_ = sorted_order();
  std::vector<uint32_t> output;
  output.reserve(static_cast<size_t>(kOutputRecords * record_words_));
  for (const uint32_t index : order_) {
    const uint32_t* words = record(index);
    output.insert(output.end(), words, words + record_words_);
    if (output.size() < output.capacity()) continue;
    visit(output);
    output.clear();
  }
  if (!output.empty()) visit(output);
}

void EventSorter::spill() {
  Run run(folder_, runs_.size());
  visit_memory([&](std::span<const uint32_t> block) { run.append(block); });
  runs_.push_back(std::move(run));
  blocks_.clear();
  order_ = {};
  num_in_memory_ = 0;
  last_user_ = -1;
  max_user_ = -1;
  is_sorted_ = true;
}

void EventSorter::merge(const Visit& visit) const {
  const int64_t buffer = std::clamp(memory_bytes_ / 2 / static_cast<int64_t>(runs_.size()), kSmallestRead, kLargestRead);
  std::vector<RunReader> readers;
  for (const Run& run : runs_) readers.emplace_back(run, record_words_, buffer);
  // A heap of the runs' next events; of equal ones the earlier run's comes first.
  struct Head {
    int32_t user;
    int64_t time;
    size_t run;
    bool operator>(const Head& other) const { return std::tie(user, time, run) > std::tie(other.user, other.time, other.run); }
  };
  const auto head_of = [&](size_t run) { return Head{readers[run].record().user(), readers[run].record().time(), run}; };
  std::vector<Head> heap;
  for (size_t run = 0; run < readers.size(); ++run) heap.push_back(head_of(run));
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  std::vector<uint32_t> output;
  output.reserve(static_cast<size_t>(kOutputRecords * record_words_));
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const size_t run = heap.back().run;
    heap.pop_back();
    // As long as the run's next event is still the smallest, it needs no heap.
    do {
      const uint32_t* words = readers[run].record().words;
      output.insert(output.end(), words, words + record_words_);
      readers[run].advance();
      if (output.size() == output.capacity()) {
        visit(output);
        output.clear();
      }
    } while (!readers[run].is_done() && (heap.empty() || heap.front() > head_of(run)));
    if (readers[run].is_done()) continue;
    heap.push_back(head_of(run));
    std::push_heap(heap.begin(), heap.end(), std::greater<>());
  }
  if (!output.empty()) visit(output);
}

void EventSorter::scan(const Visit& visit) {
  if (runs_.empty()) return visit_memory(visit);
  if (num_in_memory_ > 0) {
    spill();
    ::malloc_trim(0);  // the events' memory goes back to the system before the merge and the writers take theirs
  }
  merge(visit);
}

}  // namespace rechub
