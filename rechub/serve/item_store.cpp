#include "rechub/serve/item_store.h"

#include <algorithm>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/base/log.h"
#include "rechub/serve/log_payload.h"

namespace rechub {
namespace {

constexpr uint32_t kChange = 1;

}  // namespace

ItemStore::ItemStore(const std::string& path) {
  log_ = std::make_unique<WriteAheadLog>(path, [this](const LogRecord& record) { replay(record); });
  compaction_ = std::make_unique<BackgroundTask>("compacting " + path, [this] { compact(); });
}

ItemStore::~ItemStore() = default;

int64_t ItemStore::payload_bytes(const std::string& id, const Change& change) {
  return PayloadWriter::text_bytes(id.size()) + PayloadWriter::text_bytes(change.space.size()) + PayloadWriter::text_bytes(change.source.size()) +
         PayloadWriter::text_bytes(change.vector.size() * sizeof(float));
}

std::string ItemStore::payload_of(const std::string& id, const Change& change) {
  PayloadWriter payload;
  payload.text(id);
  payload.text(change.space);
  payload.text(change.source);
  payload.floats(change.vector);
  return payload.bytes();
}

void ItemStore::replay(const LogRecord& record) {
  PayloadReader payload(record.payload);
  const std::string id(payload.text());
  Change change;
  change.space = payload.text();
  change.source = payload.text();
  payload.floats(change.vector);
  change.sequence = record.sequence;
  keep(id, std::move(change));
}

void ItemStore::keep(const std::string& id, Change change) {
  Change& kept = changes_[id];
  if (kept.sequence > 0) kept_bytes_ -= payload_bytes(id, kept);
  kept_bytes_ += payload_bytes(id, change);
  kept = std::move(change);
  num_changes_ = static_cast<int64_t>(changes_.size());
}

// Called with mutex_ held, after everything was checked.
uint64_t ItemStore::make(const std::string& id, Change change, const Before& before) {
  const uint64_t sequence = change.sequence = log_->append(kChange, payload_of(id, change));
  const LiveChange live{id, change.vector};
  if (before) before();
  keep(id, std::move(change));
  items_->apply_valid({&live, 1});
  if (log_->is_worth_compacting(kept_bytes_)) compaction_->request();
  return sequence;
}

// Called with mutex_ held.
bool ItemStore::accepts(std::string_view space, const LiveChange& change) const {
  check(items_ != nullptr, ErrorKind::kUsage, "no model is in use yet");
  if (space != space_) return false;
  check(!change.vector.empty(), ErrorKind::kShape, "item {}: an empty vector", change.id);
  items_->validate({&change, 1});
  return true;
}

bool ItemStore::accepts(std::string_view space, std::string_view id, std::span<const float> vector) const {
  const LiveChange live{std::string(id), {vector.begin(), vector.end()}};
  std::lock_guard lock(mutex_);
  return accepts(space, live);
}

bool ItemStore::put(std::string_view space, std::string_view id, std::span<const float> vector, std::string_view source, const Before& before) {
  const LiveChange live{std::string(id), {vector.begin(), vector.end()}};
  uint64_t sequence = 0;
  {
    std::lock_guard lock(mutex_);
    if (!accepts(space, live)) return false;
    sequence = make(live.id, {live.vector, std::string(space), std::string(source), 0}, before);
  }
  log_->wait_durable(sequence);
  return true;
}

bool ItemStore::remove(std::string_view id, const Before& before) {
  uint64_t sequence = 0;
  {
    std::lock_guard lock(mutex_);
    check(items_ != nullptr, ErrorKind::kUsage, "no model is in use yet");
    const auto kept = changes_.find(std::string(id));
    const bool is_kept = kept != changes_.end() && !kept->second.vector.empty();  // left out, maybe, until its model is back
    if (!is_kept && !items_->snapshot()->contains(id)) return false;
    sequence = make(std::string(id), {}, before);
  }
  log_->wait_durable(sequence);
  return true;
}

void ItemStore::Prepared::carry(std::vector<std::pair<std::string, Change>> changes) {
  std::vector<LiveChange> live;
  for (auto& [id, change] : changes) {
    const bool is_foreign = !change.vector.empty() && change.space != model.space;
    if (is_foreign && (change.source.empty() || !model.encode)) {
      ++adoption.num_left_out;
      continue;
    }
    LiveChange made{id, change.vector};
    try {
      if (is_foreign) made.vector = model.encode(change.source);
      items->validate({&made, 1});
    } catch (const Error& error) {
      log_warning("item {} is left out: it does not suit the model: {}", id, error.what());
      ++adoption.num_left_out;
      continue;
    }
    live.push_back(std::move(made));
    if (!is_foreign) continue;
    change.vector = live.back().vector;
    change.space = model.space;
    encoded[id] = std::move(change);
    ++adoption.num_encoded;
  }
  if (!live.empty()) items->apply_valid(live);
  adoption.num_applied += static_cast<int64_t>(live.size());
}

// Called with mutex_ held.
std::vector<std::pair<std::string, ItemStore::Change>> ItemStore::changes_since(uint64_t sequence) const {
  std::vector<std::pair<std::string, Change>> changes;
  for (const auto& [id, change] : changes_) {
    if (change.sequence > sequence) changes.emplace_back(id, change);
  }
  return changes;
}

ItemStore::Prepared ItemStore::prepare(Model model) const {
  Prepared prepared{std::move(model), nullptr, {}, {}, 0};
  prepared.items = std::make_shared<LiveItems>(prepared.model.base, prepared.model.dim, prepared.model.options);
  catch_up(prepared);
  return prepared;
}

void ItemStore::catch_up(Prepared& prepared) const {
  std::vector<std::pair<std::string, Change>> changes;
  uint64_t sequence = 0;
  {
    std::lock_guard lock(mutex_);
    changes = changes_since(prepared.sequence);
    sequence = log_->mark().sequence;
  }
  prepared.carry(std::move(changes));
  prepared.sequence = sequence;
}

ItemStore::Adoption ItemStore::commit(Prepared prepared) {
  std::shared_ptr<LiveItems> old;  // goes behind the lock: its rebuild may have to end first
  std::lock_guard lock(mutex_);
  prepared.carry(changes_since(prepared.sequence));
  for (auto& [id, change] : prepared.encoded) {
    if (changes_.at(id).sequence == change.sequence) keep(id, std::move(change));
  }
  old = std::exchange(items_, prepared.items);
  space_ = prepared.model.space;
  return prepared.adoption;
}

ItemStore::Adoption ItemStore::adopt(Model model) { return commit(prepare(std::move(model))); }

void ItemStore::compact() {
  std::vector<std::pair<std::string, Change>> state;
  WriteAheadLog::Mark mark;
  {
    std::lock_guard lock(mutex_);
    mark = log_->mark();
    state.assign(changes_.begin(), changes_.end());
  }
  log_->compact(mark, [&](const WriteAheadLog::Emit& emit) {
    for (const auto& [id, change] : state) emit(kChange, payload_of(id, change));
  });
}

std::vector<std::pair<std::string, std::string>> ItemStore::sources(uint64_t& after) const {
  std::vector<std::pair<std::string, std::string>> sources;
  std::lock_guard lock(mutex_);
  for (const auto& [id, change] : changes_) {
    if (change.sequence > after) sources.emplace_back(id, change.source);
  }
  after = log_->mark().sequence;
  return sources;
}

std::shared_ptr<LiveItems> ItemStore::items() const {
  std::lock_guard lock(mutex_);
  return items_;
}

int64_t ItemStore::num_changes() const { return num_changes_; }

void ItemStore::wait_idle() { compaction_->wait_idle(); }

}  // namespace rechub
