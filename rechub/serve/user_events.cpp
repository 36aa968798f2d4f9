#include "rechub/serve/user_events.h"

#include <algorithm>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/serve/log_payload.h"

namespace rechub {
namespace {

constexpr uint32_t kAppended = 1, kHistory = 2;  // types of records: events that came, all events of a user
constexpr int64_t kUserBytes = 256;              // of map, list and pointers, beside the texts

int64_t bytes_of(const std::string& user, const std::vector<UserEvent>& events) {
  int64_t bytes = kUserBytes + 2 * static_cast<int64_t>(user.size()) + static_cast<int64_t>(events.size() * sizeof(UserEvent));
  for (const UserEvent& event : events) bytes += event.item.size() < sizeof(std::string) / 2 ? 0 : static_cast<int64_t>(event.item.size());
  return bytes;
}

// A record holds a user and events once or several times.
void write(PayloadWriter& payload, std::string_view user, std::span<const UserEvent> events) {
  payload.text(user);
  payload.number(static_cast<int64_t>(events.size()));
  for (const UserEvent& event : events) payload.number(event.time), payload.text(event.item);
}

std::vector<UserEvent> merged(const std::vector<UserEvent>* old, std::span<const UserEvent> fresh, int64_t most) {
  std::vector<UserEvent> events;
  if (old != nullptr) events = *old;
  events.insert(events.end(), fresh.begin(), fresh.end());
  std::stable_sort(events.begin(), events.end(), [](const UserEvent& a, const UserEvent& b) { return a.time < b.time; });
  if (static_cast<int64_t>(events.size()) > most) events.erase(events.begin(), events.end() - most);
  return events;
}

}  // namespace

UserEvents::UserEvents(const std::string& path, const UserEventLimits& limits) : limits_(limits) {
  check(limits.events_per_user > 0 && limits.max_bytes > 0, ErrorKind::kUsage, "users' events: expected limits above 0, got {} events and {} bytes", limits.events_per_user,
        limits.max_bytes);
  log_ = std::make_unique<WriteAheadLog>(path, [this](const LogRecord& record) { replay(record); });
  compaction_ = std::make_unique<BackgroundTask>("compacting " + path, [this] { compact(); });
}

UserEvents::~UserEvents() = default;

void UserEvents::replay(const LogRecord& record) {
  PayloadReader payload(record.payload);
  while (!payload.is_at_end()) {
    const std::string user(payload.text());
    Events events;
    for (int64_t left = payload.number(); left > 0; --left) {
      const int64_t time = payload.number();
      events.push_back({std::string(payload.text()), time});
    }
    const auto old = record.type == kAppended ? events_of(user) : nullptr;
    set_events(user, merged(old.get(), events, limits_.events_per_user), record.sequence);
  }
}

std::shared_ptr<const UserEvents::Events> UserEvents::events_of(std::string_view user) const {
  std::shared_lock lock(mutex_);
  const auto found = users_.find(std::string(user));
  return found == users_.end() ? nullptr : found->second.events;
}

void UserEvents::set_events(const std::string& user, Events events, uint64_t version) {
  auto shared = std::make_shared<const Events>(std::move(events));
  std::unique_lock lock(mutex_);
  const auto [place, is_new] = users_.try_emplace(user);
  User& entry = place->second;
  if (is_new) {
    entry.place = order_.insert(order_.end(), user);
  } else {
    bytes_ -= bytes_of(user, *entry.events);
    order_.splice(order_.end(), order_, entry.place);
  }
  bytes_ += bytes_of(user, *shared);
  entry.events = std::move(shared);
  entry.version = version;
  forget_oldest();
}

void UserEvents::forget_oldest() {
  while (bytes_ > limits_.max_bytes && order_.size() > 1) {
    const auto oldest = users_.find(order_.front());
    bytes_ -= bytes_of(oldest->first, *oldest->second.events);
    users_.erase(oldest);
    order_.pop_front();
    ++num_forgotten_;
  }
}

void UserEvents::append(const ByUser& by_user) {
  PayloadWriter payload;
  for (const auto& [user, events] : by_user) {
    check(static_cast<int64_t>(events.size()) <= limits_.events_per_user, ErrorKind::kUsage, "expected at most {} events of a user at once, got {}", limits_.events_per_user,
          events.size());
    if (!events.empty()) write(payload, user, events);
  }
  if (payload.bytes().empty()) return;
  uint64_t sequence = 0;
  bool is_large = false;
  {
    std::lock_guard lock(write_mutex_);
    sequence = log_->append(kAppended, payload.bytes());
    for (const auto& [user, events] : by_user) {
      if (!events.empty()) set_events(user, merged(events_of(user).get(), events, limits_.events_per_user), sequence);
    }
    is_large = log_->is_worth_compacting(bytes());
  }
  log_->wait_durable(sequence);
  if (is_large) compaction_->request();
}

void UserEvents::compact() {
  std::vector<std::pair<std::string, std::shared_ptr<const Events>>> state;
  WriteAheadLog::Mark mark;
  {
    std::lock_guard writers(write_mutex_);
    std::shared_lock lock(mutex_);
    mark = log_->mark();
    state.reserve(order_.size());
    for (const std::string& user : order_) state.emplace_back(user, users_.at(user).events);
  }
  log_->compact(mark, [&](const WriteAheadLog::Emit& emit) {
    for (const auto& [user, events] : state) {
      PayloadWriter payload;
      write(payload, user, *events);
      emit(kHistory, payload.bytes());
    }
  });
}

uint64_t UserEvents::version(std::string_view user) const {
  std::shared_lock lock(mutex_);
  const auto found = users_.find(std::string(user));
  return found == users_.end() ? 0 : found->second.version;
}

std::vector<UserEvent> UserEvents::of(std::string_view user) const {
  const auto events = events_of(user);
  return events ? *events : std::vector<UserEvent>();
}

int64_t UserEvents::num_users() const {
  std::shared_lock lock(mutex_);
  return static_cast<int64_t>(users_.size());
}

int64_t UserEvents::bytes() const {
  std::shared_lock lock(mutex_);
  return bytes_;
}

int64_t UserEvents::num_forgotten() const {
  std::shared_lock lock(mutex_);
  return num_forgotten_;
}

void UserEvents::wait_idle() { compaction_->wait_idle(); }

}  // namespace rechub
