#include "rechub/serve/cache.h"

#include <functional>
#include <utility>

namespace rechub {
namespace {

constexpr size_t kNumShards = 16;
constexpr int64_t kEntryBytes = 256;  // list and map nodes, control blocks: what an entry takes beside its texts

}  // namespace

AnswerCache::AnswerCache(int64_t max_bytes) : max_shard_bytes_(max_bytes / static_cast<int64_t>(kNumShards)), shards_(kNumShards) {}

int64_t AnswerCache::cost(const Entry& entry) { return static_cast<int64_t>(entry.request.size() + entry.answer->size()) + kEntryBytes; }

AnswerCache::Shard& AnswerCache::shard_of(std::string_view request) {
  // Above the bits that the shard's own table uses.
  return shards_[std::hash<std::string_view>()(request) >> 32 & (kNumShards - 1)];
}

void AnswerCache::Shard::remove(std::list<Entry>::iterator entry) {
  statistics.bytes -= cost(*entry);
  by_request.erase(entry->request);
  entries.erase(entry);
}

std::shared_ptr<const std::string> AnswerCache::find(std::string_view request, const AnswerVersions& versions) {
  Shard& shard = shard_of(request);
  std::lock_guard lock(shard.mutex);
  const auto found = shard.by_request.find(request);
  if (found != shard.by_request.end() && found->second->versions == versions) {
    ++shard.statistics.hits;
    shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
    return found->second->answer;
  }
  ++shard.statistics.misses;
  if (found == shard.by_request.end()) return nullptr;
  ++shard.statistics.stale;
  shard.remove(found->second);
  return nullptr;
}

void AnswerCache::insert(std::string_view request, const AnswerVersions& versions, std::shared_ptr<const std::string> answer) {
  Entry entry{std::string(request), versions, std::move(answer)};
  const int64_t bytes = cost(entry);
  if (bytes > max_shard_bytes_) return;
  Shard& shard = shard_of(request);
  std::lock_guard lock(shard.mutex);
  const auto found = shard.by_request.find(request);
  if (found != shard.by_request.end()) shard.remove(found->second);
  while (shard.statistics.bytes + bytes > max_shard_bytes_) {
    shard.remove(std::prev(shard.entries.end()));
    ++shard.statistics.evicted;
  }
  shard.entries.push_front(std::move(entry));
  shard.by_request.emplace(shard.entries.front().request, shard.entries.begin());
  shard.statistics.bytes += bytes;
}

AnswerCache::Statistics AnswerCache::statistics() const {
  Statistics total;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    total.hits += shard.statistics.hits;
    total.misses += shard.statistics.misses;
    total.stale += shard.statistics.stale;
    total.evicted += shard.statistics.evicted;
    total.bytes += shard.statistics.bytes;
    total.entries += static_cast<int64_t>(shard.entries.size());
  }
  return total;
}

}  // namespace rechub
