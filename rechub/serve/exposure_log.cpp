#include "rechub/serve/exposure_log.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "rechub/base/error.h"
#include "rechub/base/log.h"

namespace rechub {
namespace {

constexpr auto kPause = std::chrono::milliseconds(200);  // between two writes

double now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count()) / 1000;
}

// A process that was killed may have left half a line: it must not spoil the next one.
bool ends_within_a_line(int file) {
  const off_t size = ::lseek(file, 0, SEEK_END);
  char last = '\n';
  return size > 0 && ::pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

int open_log(const std::string& path) { return ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666); }

}  // namespace

ExposureLog::ExposureLog(const std::string& path, int64_t max_queue) : path_(path), max_queue_(max_queue) {
  file_ = open_log(path);
  check(file_ >= 0, ErrorKind::kData, "cannot open {}: {}", path, std::strerror(errno));
  is_torn_ = ends_within_a_line(file_);
  writer_ = std::thread([this] { run(); });
}

ExposureLog::~ExposureLog() {
  {
    std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  writer_.join();
  ::close(file_);
}

void ExposureLog::record(std::string_view user, const std::vector<Assignment>& assignments) {
  if (assignments.empty()) return;
  const double time = now();
  std::lock_guard lock(mutex_);
  for (const Assignment& assignment : assignments) {
    if (static_cast<int64_t>(queue_.size()) >= max_queue_) {
      ++num_dropped_;
    } else {
      queue_.push_back({time, std::string(user), assignment.experiment->name, assignment.arm->name, assignment.arm->share});
    }
  }
}

void ExposureLog::run() {
  std::unique_lock lock(mutex_);
  bool has_warned = false;
  while (true) {
    const bool is_last = changed_.wait_for(lock, kPause, [this] { return is_ending_; });
    std::vector<Exposure> taken = std::exchange(queue_, {});
    lock.unlock();
    std::string lines;
    for (const Exposure& exposure : taken) {
      const nlohmann::ordered_json line = {{"time", exposure.time}, {"user", exposure.user}, {"experiment", exposure.experiment}, {"arm", exposure.arm}, {"share", exposure.share}};
      lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    }
    const bool is_written = write(std::move(lines));
    if (!is_written && !has_warned) log_warning("exposures are lost: cannot write {}: {}", path_, std::strerror(errno));
    has_warned |= !is_written;
    lock.lock();
    if (!is_written) num_dropped_ += static_cast<int64_t>(taken.size());
    if (is_last && queue_.empty()) return;
  }
}

void ExposureLog::follow_path() {
  struct stat here = {}, there = {};
  if (::fstat(file_, &here) != 0 || (::stat(path_.c_str(), &there) == 0 && here.st_ino == there.st_ino && here.st_dev == there.st_dev)) return;
  const int file = open_log(path_);
  if (file < 0) return;  // rather in the old one than nowhere
  ::close(std::exchange(file_, file));
  is_torn_ = ends_within_a_line(file_);
}

bool ExposureLog::write(std::string lines) {
  if (lines.empty()) return true;
  follow_path();
  if (is_torn_) lines.insert(0, 1, '\n');
  for (size_t done = 0; done < lines.size();) {
    const ssize_t count = ::write(file_, lines.data() + done, lines.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      if (done > 0) is_torn_ = lines[done - 1] != '\n';
      return false;
    }
    done += count;
  }
  is_torn_ = false;
  return true;
}

int64_t ExposureLog::num_dropped() const {
  std::lock_guard lock(mutex_);
  return num_dropped_;
}

}  // namespace rechub
