#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rechub {

// All that an answer depends on beside its request: the model in use, the state of the items and the events of the user.
struct AnswerVersions {
  uint64_t model = 0, items = 0, events = 0;
  bool operator==(const AnswerVersions&) const = default;
};

// Answers of users who ask often, within a budget of bytes; the least recently used go first. An answer is given out for the very request and the very versions it was made for:
// requests are compared byte for byte, so a hit is what a miss would have computed. It is never stale after an acknowledgement as long as
//
//   a reader  reads the versions, then looks here, then (on a miss) takes its snapshots of items and events, computes, and inserts under the versions it read first;
//   a writer  makes a change visible no later than it raises the version, and raises the version before it acknowledges.
//
// `request` is the request's canonical text: all that has an effect, in one order, the arms of experiments included, nothing that differs between equal requests.
// Thread-safe; requests are spread over shards, each with a lock of its own.
class AnswerCache {
 public:
  explicit AnswerCache(int64_t max_bytes);  // 0 keeps nothing

  // Null where there is none for these versions; one for others is thrown away.
  std::shared_ptr<const std::string> find(std::string_view request, const AnswerVersions& versions);

  // Keeps the answer, in place of an earlier one to this request. One too large for a shard's budget is not kept.
  void insert(std::string_view request, const AnswerVersions& versions, std::shared_ptr<const std::string> answer);

  struct Statistics {
    int64_t hits = 0, misses = 0;  // of find; `stale` is the part of the misses where the versions had moved on
    int64_t stale = 0, evicted = 0;
    int64_t entries = 0, bytes = 0;  // held now
  };
  Statistics statistics() const;

 private:
  struct Entry {
    std::string request;
    AnswerVersions versions;
    std::shared_ptr<const std::string> answer;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> entries;  // the last used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_request;
    Statistics statistics;
    void remove(std::list<Entry>::iterator entry);
  };
  static int64_t cost(const Entry& entry);
  Shard& shard_of(std::string_view request);

  int64_t max_shard_bytes_;
  std::vector<Shard> shards_;
};

}  // namespace rechub
