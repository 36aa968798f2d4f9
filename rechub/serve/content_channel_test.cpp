#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "rechub/base/random.h"
#include "rechub/serve/channel.h"
#include "rechub/serve/fake_encoder.h"

namespace rechub {
namespace {

using Kinds = std::map<std::string, char>;  // of items; 0 for none that the data know

// Items have one value each, so an item's score is the sum of r^-1/2 over the r-th newest items of the history that have its kind.
std::vector<ScoredItem> items_by_hand(const Kinds& kinds, const Kinds& live, const std::vector<std::string>& history, const ItemFilter& filter, size_t count) {
  const auto has = [](const std::vector<std::string>& ids, const std::string& id) { return std::find(ids.begin(), ids.end(), id) != ids.end(); };
  const auto scored = [&](const Kinds& of, bool is_data) {
    std::vector<ScoredItem> items;
    for (const auto& [item, kind] : of) {
      double score = 0;
      for (size_t r = 1; r <= history.size(); ++r) {
        const char liked = kinds.at(history[history.size() - r]);
        if (liked != 0 && liked == kind) score += 1 / std::sqrt(static_cast<double>(r));
      }
      const bool is_replaced = is_data && live.contains(item), is_out = has(filter.deny, item) || (filter.has_allow && !has(filter.allow, item));
      if (score > 0 && !is_replaced && !is_out) items.push_back({item, static_cast<float>(score)});
    }
    std::stable_sort(items.begin(), items.end(), [](const ScoredItem& a, const ScoredItem& b) { return a.score > b.score + 1e-5f; });
    return items;
  };
  std::vector<ScoredItem> items = scored(kinds, true);
  for (const ScoredItem& item : scored(live, false)) {
    items.insert(std::find_if(items.begin(), items.end(), [&](const ScoredItem& other) { return item.score > other.score + 1e-5f; }), item);
  }
  items.resize(std::min(items.size(), count));
  return items;
}

TEST(ContentChannel, ItemsAreScoredByTheFeaturesTheyHaveAfterEveryChange) {
  const Kinds kinds = {{"a", 'a'}, {"b", 'b'}, {"c", 'a'}, {"d", 'c'}, {"e", 'c'}, {"f", 0}};
  FakeEncoder::Parts parts;
  for (const auto& [item, kind] : kinds) {
    parts.vectors[item[0]] = {1};
    if (kind != 0) parts.kinds[item[0]] = kind;
  }
  const FakeEncoder encoder(parts);
  const auto entry = std::find_if(channel_entries().begin(), channel_entries().end(), [](const ChannelEntry& each) { return each.name == std::string("content"); });
  const std::unique_ptr<Channel> channel = entry->make({encoder.dataset(), {0, 0}});
  Random random(3);
  Kinds live;
  for (int change = 0; change < 400; ++change) {
    const std::string item(1, "abcfwxyz"[random.below(8)]);
    const char kind = "abcdz"[random.below(5)];  // no item of the data has the kind d, and z is not known to them
    const bool is_dropped = random.below(3) == 0;
    channel->change(item, is_dropped ? nlohmann::json() : nlohmann::json{{"kind", std::string(1, kind)}})();
    is_dropped ? void(live.erase(item)) : void(live[item] = kind);

    UserRequest who;
    who.history = {"b", "f", "a", "d", "c"};
    ItemFilter filter;
    filter.has_allow = random.below(4) == 0;
    filter.allow = {"a", "d", "x", "y"};
    if (random.below(4) == 0) filter.deny = {"c", "e", "w", "x"};
    const auto count = static_cast<int64_t>(1 + random.below(10));
    const std::vector<ScoredItem> got = channel->recall({who, filter, count}), expected = items_by_hand(kinds, live, *who.history, filter, count);
    ASSERT_EQ(got.size(), expected.size()) << change;
    for (size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(got[i].item, expected[i].item) << change << ", place " << i;
      ASSERT_NEAR(got[i].score, expected[i].score, 1e-5) << change << ", place " << i;
    }
  }
}

}  // namespace
}  // namespace rechub
