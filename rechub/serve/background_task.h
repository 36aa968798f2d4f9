#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace rechub {

// Work that is done now and then on a thread of its own: compaction, rebuilding. Several requests while it runs are one more run. An Error is logged as a warning and the work
// tried again at the next request. All calls are thread-safe; the destructor waits for a run to end.
class BackgroundTask {
 public:
  BackgroundTask(std::string name, std::function<void()> work);
  ~BackgroundTask();

  void request();    // returns at once
  void wait_idle();  // until nothing is requested or running

 private:
  void run();
  const std::string name_;
  const std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_requested_ = false, is_running_ = false, is_ending_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace rechub
