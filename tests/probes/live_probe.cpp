// live_probe log PATH [unsafe]: four threads append changes to a write-ahead log and print the checksum of each that is acknowledged, until the process is killed; a fifth compacts
// it. "unsafe" acknowledges before the flush, to show that the tests would notice.

#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "rechub/base/checksum.h"
#include "rechub/base/random.h"
#include "rechub/serve/item_store.h"
#include "rechub/serve/user_events.h"
#include "rechub/serve/write_ahead_log.h"

namespace {

using namespace rechub;

// What the log keeps: every payload so far.
struct Owner {
  std::mutex mutex;
  std::vector<std::string> payloads;
};

void say(const std::string& text) {
  const std::string line = checksum_bytes(std::as_bytes(std::span(text))) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(1);
}

void append_forever(WriteAheadLog& log, Owner& owner, uint64_t seed, bool waits) {
  Random random(seed);
  for (int i = 0; i < 3000; ++i) {
    std::string payload(8 + random.below(300), '\0');
    for (char& letter : payload) letter = static_cast<char>(random.next());
    uint64_t sequence;
    {
      std::lock_guard lock(owner.mutex);
      sequence = log.append(1, payload);
      owner.payloads.push_back(payload);
    }
    if (waits) log.wait_durable(sequence);
    say(payload);
  }
}

void compact_forever(WriteAheadLog& log, Owner& owner) {
  for (int64_t size = log.size();; ::usleep(2000)) {
    if (log.size() < size + 20000) continue;
    WriteAheadLog::Mark mark;
    std::vector<std::string> state;
    {
      std::lock_guard lock(owner.mutex);
      mark = log.mark();
      state = owner.payloads;
    }
    log.compact(mark, [&](const WriteAheadLog::Emit& emit) {
      for (const std::string& payload : state) emit(1, payload);
    });
    size = log.size();
  }
}

void say(const std::string& name, int number) {
  const std::string line = name + " " + std::to_string(number) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(1);
}

void change_forever(ItemStore& items, UserEvents& events, const std::string& name) {
  for (int number = 1; number < 3000; ++number) {
    const float value = static_cast<float>(number);
    number % 3 == 0 ? items.remove(name) : items.put("space", name, {&value, 1}, std::string(number % 500, 'x'));
    say("item-" + name, number);
    events.append({{name, {{std::to_string(number), number}}}});
    say("user-" + name, number);
  }
}

[[noreturn]] void wait_for_the_end(std::vector<std::thread>& threads) {
  for (std::thread& thread : threads) thread.join();
  while (true) ::pause();
}

int run_stores(const std::string& directory) {
  ItemStore items(directory + "/items");
  UserEvents events(directory + "/events");
  items.adopt({"space", {nullptr, std::make_shared<Vocabulary>(), {}, nullptr}, 1});
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&, i] { change_forever(items, events, std::to_string(::getpid()) + "-" + std::to_string(i)); });
  wait_for_the_end(threads);
}

int run_log(const std::string& path, bool waits) {
  Owner owner;
  WriteAheadLog log(path, [&](const LogRecord& record) { owner.payloads.emplace_back(record.payload); });
  std::vector<std::thread> writers;
  const uint64_t run = mix({static_cast<uint64_t>(::getpid()), owner.payloads.size()});
  std::thread compactor([&] { compact_forever(log, owner); });
  for (uint64_t i = 0; i < 4; ++i) writers.emplace_back([&, i] { append_forever(log, owner, mix({run, i}), waits); });
  wait_for_the_end(writers);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  return std::string(argv[1]) == "store" ? run_stores(argv[2]) : run_log(argv[2], argc < 4);
}
