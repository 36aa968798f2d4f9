// What changes cost and how they bear on searches.
//
//     ./run bench live [ITEMS] [SPEC] [FOLDER]        default: 100000 Flat and the current folder, whose disk takes the logs
//
// A fifth of the items (64 dimensions, 2,000 clusters) is replaced while the index stands: removed, put anew or new, in equal parts. Recall@100 against exact search of live items,
// of items whose index was rebuilt in the background, and of a fresh build; times of a search on one thread before and after; items put a second by 1 and 16 threads, in memory and
// acknowledged on the disk; cache hits a second on one thread. Prints JSON.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "rechub/base/clock.h"
#include "rechub/base/error.h"
#include "rechub/base/parallel.h"
#include "rechub/base/random.h"
#include "rechub/serve/cache.h"
#include "rechub/serve/item_store.h"

namespace rechub::bench {
namespace {

using nlohmann::json;
using Vectors = std::vector<std::vector<float>>;

constexpr int64_t kDim = 64, kClusters = 2000, kBest = 100, kQueries = 500;

class Clusters {
 public:
  std::vector<float> draw() {
    while (static_cast<int64_t>(centres_.size()) < kClusters) centres_.push_back(normal(std::vector<float>(kDim), 1));
    return normal(centres_[random_.below(kClusters)], 0.5f);
  }

 private:
  std::vector<float> normal(std::vector<float> around, float spread) {
    for (float& value : around) value += spread * static_cast<float>(random_.normal());
    return around;
  }
  Random random_{1};
  Vectors centres_;
};

using Catalogue = std::map<int64_t, std::vector<float>>;

LiveBase base_of(const Catalogue& catalogue) {
  auto ids = std::make_shared<Vocabulary>();
  auto vectors = std::make_shared<std::vector<float>>();
  for (const auto& [id, vector] : catalogue) {
    ids->add(id);
    vectors->insert(vectors->end(), vector.begin(), vector.end());
  }
  return {nullptr, ids, *vectors, vectors};
}

std::vector<ScoredItem> search(const LiveSnapshot& snapshot, const std::vector<float>& query) { return snapshot.search({.vectors = query, .k = kBest}); }

double recall_of(const LiveSnapshot& snapshot, const std::vector<std::set<std::string>>& wanted, const Vectors& queries) {
  int64_t found = 0;
  for (size_t i = 0; i < queries.size(); ++i) {
    for (const ScoredItem& item : search(snapshot, queries[i])) found += static_cast<int64_t>(wanted[i].count(item.item));
  }
  return static_cast<double>(found) / static_cast<double>(kBest * kQueries);
}

// The median and the 99 % point of the times of single searches, in milliseconds.
json search_times(const LiveSnapshot& snapshot, const Vectors& queries) {
  std::vector<double> times;
  for (const auto& query : queries) {
    const double start = monotonic_seconds();
    search(snapshot, query);
    times.push_back(1e3 * (monotonic_seconds() - start));
  }
  std::sort(times.begin(), times.end());
  return {{"p50", times[times.size() / 2]}, {"p99", times[times.size() * 99 / 100]}};
}

double rate(int64_t count, int num_threads, const std::function<void(int thread, int64_t i)>& work) {
  const double start = monotonic_seconds();
  std::vector<std::thread> threads;
  for (int t = 0; t < num_threads; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t i = 0; i < count / num_threads; ++i) work(t, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(count / num_threads * num_threads) / (monotonic_seconds() - start);
}

json measure_recall(int64_t num_items, const std::string& spec) {
  Clusters clusters;
  Catalogue before;
  for (int64_t i = 0; i < num_items; ++i) before[i] = clusters.draw();
  Catalogue after = before;
  std::vector<LiveChange> changes;
  const int64_t third = num_items / 15;
  for (int64_t i = 0; i < third; ++i) changes.push_back({std::to_string(i), {}}), after.erase(i);
  for (int64_t i = third; i < 2 * third; ++i) changes.push_back({std::to_string(i), after[i] = clusters.draw()});
  for (int64_t i = num_items; i < num_items + third; ++i) changes.push_back({std::to_string(i), after[i] = clusters.draw()});
  Vectors queries;
  for (int64_t i = 0; i < kQueries; ++i) queries.push_back(clusters.draw());

  std::vector<std::set<std::string>> wanted;
  const LiveItems exact(base_of(after), kDim);
  for (const auto& query : queries) {
    std::set<std::string>& ids = wanted.emplace_back();
    for (const ScoredItem& item : search(*exact.snapshot(), query)) ids.insert(item.item);
  }
  LiveItemsOptions options;
  options.spec = spec;
  options.rebuild_share = 1;
  options.rebuild_threads = 0;
  LiveItems live(base_of(before), kDim, options);
  const LiveItems fresh(base_of(after), kDim, options);
  options.rebuild_share = 0;
  options.smallest_rebuild = 0;
  LiveItems rebuilt(base_of(before), kDim, options);
  rebuilt.apply(changes);
  rebuilt.wait_idle();
  set_num_threads(1);
  json result = {{"search_ms_before", search_times(*live.snapshot(), queries)}};
  live.apply(changes);
  result["search_ms_after"] = search_times(*live.snapshot(), queries);
  result["search_ms_fresh"] = search_times(*fresh.snapshot(), queries);
  result["recall"] = {{"live", recall_of(*live.snapshot(), wanted, queries)},
                      {"rebuilt", recall_of(*rebuilt.snapshot(), wanted, queries)},
                      {"fresh", recall_of(*fresh.snapshot(), wanted, queries)}};
  set_num_threads(0);
  return result;
}

json measure_changes(int64_t num_items, const std::string& folder) {
  Clusters clusters;
  Catalogue catalogue;
  for (int64_t i = 0; i < num_items; ++i) catalogue[i] = clusters.draw();
  const std::vector<float> vector = clusters.draw();
  const std::string path = fmt::format("{}/live_bench_{}.log", folder, ::getpid());
  ItemStore store(path);
  store.adopt({"space", base_of(catalogue), kDim});
  const auto durable = [&](int thread, int64_t i) { store.put("space", std::to_string(1000 * thread + i % 1000), vector, ""); };
  LiveItems items(base_of(catalogue), kDim);
  json result = {{"in_memory", rate(5000, 1, [&](int, int64_t i) { items.put(std::to_string(i), vector); })}};
  result["durable_1_thread"] = rate(300, 1, durable);
  result["durable_16_threads"] = rate(4800, 16, durable);
  std::filesystem::remove(path);
  std::filesystem::remove(path + ".lock");
  return result;
}

double measure_cache() {
  AnswerCache cache(64 << 20);
  const auto answer = std::make_shared<const std::string>(3000, 'x');
  std::vector<std::string> requests;
  for (int i = 0; i < 1000; ++i) requests.push_back(fmt::format("{{\"k\":100,\"user\":\"{}\"}}", i));
  for (const std::string& request : requests) cache.insert(request, {}, answer);
  return rate(1'000'000, 1, [&](int, int64_t i) { check(cache.find(requests[i % 1000], {}) != nullptr, ErrorKind::kInternal, "a miss"); });
}

}  // namespace
}  // namespace rechub::bench

int main(int argc, char** argv) {
  using namespace rechub::bench;
  const int64_t num_items = argc > 1 ? std::atoll(argv[1]) : 100'000;
  const std::string spec = argc > 2 ? argv[2] : "Flat", folder = argc > 3 ? argv[3] : ".";
  json result = measure_recall(num_items, spec);
  result["items"] = num_items;
  result["index"] = spec;
  result["changes_per_second"] = measure_changes(num_items, folder);
  result["cache_hits_per_second"] = measure_cache();
  std::printf("%s\n", result.dump(1).c_str());
}
