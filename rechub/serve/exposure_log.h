#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rechub/serve/experiments.h"

namespace rechub {

// Who was shown which arm, as JSON lines appended to a file:
//
//     {"time":1732776892.123,"user":"42","experiment":"diversity","arm":"varied","share":0.5}
//
// A thread of its own writes, several times a second. record() never waits for the disk: what does not fit in the queue, or cannot be written, is dropped and counted. Lines are
// not flushed to the disk one by one: a kill loses those of the last moment, a power cut some more. A file that was moved away, as logrotate does, is begun anew. Thread-safe.
class ExposureLog {
 public:
  // Throws kData where the file cannot be opened.
  explicit ExposureLog(const std::string& path, int64_t max_queue = 100'000);
  ~ExposureLog();  // writes what waits

  void record(std::string_view user, const std::vector<Assignment>& assignments);

  int64_t num_dropped() const;

 private:
  struct Exposure {
    double time = 0;  // seconds since 1970
    std::string user, experiment, arm;
    double share = 0;
  };
  void run();
  void follow_path();  // opens the file anew where `path` is no longer the one that is open
  bool write(std::string lines);

  const std::string path_;
  const int64_t max_queue_;
  int file_ = -1;
  bool is_torn_ = false;  // the file's last line is cut short
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Exposure> queue_;
  int64_t num_dropped_ = 0;
  bool is_ending_ = false;
  std::thread writer_;  // last: it uses the others
};

}  // namespace rechub
