#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rechub {

// Scalars in a TensorBoard event file: TFRecord framing around Event messages (tensorflow/core/util/event.proto). Each writer makes a new file,
// events.out.tfevents.SECONDS.HOST.PID.N, in its directory; TensorBoard shows all files of a directory as one run, so a resumed run simply makes another. Used from one thread.
// Throws kData naming the path and the system's reason.
class TensorboardWriter {
 public:
  explicit TensorboardWriter(const std::string& directory);  // which exists
  ~TensorboardWriter();
  TensorboardWriter(const TensorboardWriter&) = delete;
  TensorboardWriter& operator=(const TensorboardWriter&) = delete;

  void scalar(std::string_view tag, int64_t step, double value);  // in the file at once: what a killed run wrote stays readable
  const std::string& path() const { return path_; }

 private:
  void write_record(const std::string& event);
  std::string path_;
  int file_ = -1;
};

// CRC-32C (Castagnoli), as TFRecord uses it.
uint32_t crc32c(std::string_view bytes);

}  // namespace rechub
