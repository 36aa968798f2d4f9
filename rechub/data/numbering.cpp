#include <algorithm>

#include <fmt/format.h>

#include "rechub/data/dataset_writer.h"

namespace rechub {
namespace {

// Old index to new: kept ones closed up, in the old order.
std::vector<int32_t> close_up(const std::vector<int32_t>& counts, int32_t& num_kept) {
  std::vector<int32_t> map(counts.size(), kUnknownIndex);
  map[kPaddingIndex] = kPaddingIndex;
  num_kept = 0;
  for (size_t i = kFirstIndex; i < counts.size(); ++i) {
    if (counts[i] > 0) map[i] = kFirstIndex + num_kept++;
  }
  return map;
}

void add_copy(Vocabulary& vocabulary, const Vocabulary& from, int32_t index) {
  if (const auto number = from.integer(index)) {
    vocabulary.add(*number);
  } else {
    vocabulary.add(from.text(index));
  }
}

Vocabulary kept_ids(Vocabulary ids, const std::vector<int32_t>& map, int32_t num_kept) {
  if (ids.size() == num_kept) return ids;
  Vocabulary kept;
  for (size_t i = kFirstIndex; i < map.size(); ++i) {
    if (map[i] != kUnknownIndex) add_copy(kept, ids, static_cast<int32_t>(i));
  }
  return kept;
}

// With session_gap sequences have no ids of their own: "USER/1" is a user's first.
void name_sessions(const Interactions& log, EventStream& events, Numbering& numbering) {
  int32_t last_owner = -1, last_user = -1;
  int64_t session = 0;
  numbering.owner_user.resize(kFirstIndex);
  events.scan([&](int32_t owner, const EventRecord& record) {
    if (owner == last_owner) return;
    session = record.user() == last_user ? session + 1 : 1;
    last_owner = owner;
    last_user = record.user();
    if (numbering.owner[static_cast<size_t>(owner)] == kUnknownIndex) return;
    numbering.owners.add(fmt::format("{}/{}", log.owners.text(record.user()), session));
    numbering.owner_user.push_back(record.user());
  });
}

// Where the test file's sequences begin.
int32_t find_first_test(const Interactions& log, EventStream& events, const Numbering& numbering) {
  if (events.session_gap() == 0) {
    int32_t first = kFirstIndex;
    for (int32_t owner = kFirstIndex; owner < std::min<int32_t>(log.first_test_owner, static_cast<int32_t>(numbering.owner.size())); ++owner) {
      first += numbering.owner[static_cast<size_t>(owner)] != kUnknownIndex ? 1 : 0;
    }
    return first;
  }
  const auto is_train = [&](int32_t user) { return user < log.first_test_owner; };
  return static_cast<int32_t>(std::partition_point(numbering.owner_user.begin(), numbering.owner_user.end(), is_train) - numbering.owner_user.begin());
}

}  // namespace

Numbering number_ids(Interactions& log, EventStream& events, const EventCounts& counts) {
  Numbering numbering;
  numbering.owner = close_up(counts.owner, numbering.num_owners);
  numbering.item = close_up(counts.item, numbering.num_items);
  if (events.session_gap() > 0) {
    name_sessions(log, events, numbering);
  } else {
    if (!log.owner_user.empty()) {
      numbering.owner_user.resize(kFirstIndex);
      for (size_t owner = kFirstIndex; owner < numbering.owner.size(); ++owner) {
        if (numbering.owner[owner] != kUnknownIndex) numbering.owner_user.push_back(log.owner_user[owner]);
      }
    }
    numbering.owners = kept_ids(std::move(log.owners), numbering.owner, numbering.num_owners);
  }
  numbering.items = kept_ids(std::move(log.items), numbering.item, numbering.num_items);
  if (log.first_test_owner >= 0) numbering.test_users = {find_first_test(log, events, numbering), numbering.num_owners + kFirstIndex};
  return numbering;
}

}  // namespace rechub
