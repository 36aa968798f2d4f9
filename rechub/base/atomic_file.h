#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rechub {

// Writing that either happens as a whole or not at all, also through a power cut. A file or directory is built under a temporary name (NAME.tmp-PID-N) in the same directory,
// flushed to the disk and renamed into place. An object that is destroyed without commit() removes what it wrote; what a killed process left behind is removed by the next writer
// of the same name. Every failure (disk full, no permission, short write) throws kData naming the path and the system's reason. Not thread-safe; several objects may be used at
// once. A device or a pipe (/dev/null, /dev/stdout) is written to as it is.

class AtomicFile {
 public:
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  int64_t size() const { return size_; }  // bytes written so far
  void sync();                            // flushes what was written so far to the disk, so that a commit() soon after is short
  void commit();                          // replaces `path`; once, last

 private:
  void flush();
  std::string path_, temporary_, buffer_;
  int file_ = -1;
  int64_t size_ = 0;
};

// A whole file at once.
void write_file(const std::string& path, std::string_view text);

class AtomicDirectory {
 public:
  enum Existing {
    kRefuse,   // `path` must be missing or an empty directory: kUsage otherwise, at once and again in commit()
    kReplace,  // an old directory is exchanged with the new one in one step, then removed
  };
  AtomicDirectory(const std::string& path, Existing existing);
  ~AtomicDirectory();
  AtomicDirectory(const AtomicDirectory&) = delete;
  AtomicDirectory& operator=(const AtomicDirectory&) = delete;

  const std::string& temporary_path() const { return temporary_; }  // write the files here
  void commit();                                                    // flushes all files and directories in it, then renames; once, last

 private:
  std::string path_, temporary_;
  Existing existing_;
  int lock_ = -1;
};

}  // namespace rechub
