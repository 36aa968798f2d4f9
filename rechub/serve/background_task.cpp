#include "rechub/serve/background_task.h"

#include <exception>
#include <utility>

#include <sys/resource.h>

#include "rechub/base/log.h"

namespace rechub {
namespace {

constexpr int kNiceness = 10;  // requests go first

}  // namespace

BackgroundTask::BackgroundTask(std::string name, std::function<void()> work) : name_(std::move(name)), work_(std::move(work)), thread_([this] { run(); }) {}

BackgroundTask::~BackgroundTask() {
  {
    std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BackgroundTask::request() {
  {
    std::lock_guard lock(mutex_);
    is_requested_ = true;
  }
  changed_.notify_all();
}

void BackgroundTask::wait_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_requested_ && !is_running_; });
}

void BackgroundTask::run() {
  ::setpriority(PRIO_PROCESS, 0, kNiceness);  // of this thread, and of those it starts
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_requested_ || is_ending_; });
    if (is_ending_) return;
    is_requested_ = false;
    is_running_ = true;
    lock.unlock();
    try {
      work_();
    } catch (const std::exception& error) {
      log_warning("{}: {}; it is tried again later", name_, error.what());
    }
    lock.lock();
    is_running_ = false;
    changed_.notify_all();
  }
}

}  // namespace rechub
