// A library for LD_PRELOAD that keeps what a power cut would leave. For files below the directory RECHUB_UNSYNCED_FILES it copies to RECHUB_UNSYNCED_SHADOW, at each flush, what
// was flushed: a file's bytes as inodes/NUMBER at fsync and fdatasync, a directory's names with their inodes as `names` at its fsync. The test kills the process and puts the
// directory together again from the copies alone: every write and every rename that was not flushed is gone.

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::mutex mutex;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string path_of(int file) {
  char path[4096];
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(file)).c_str(), path, sizeof(path));
  return size < 0 ? "" : std::string(path, size);
}

std::string shadow_of(ino_t inode) { return variable("RECHUB_UNSYNCED_SHADOW") + "/inodes/" + std::to_string(inode); }

void replace(const std::string& path, const std::string& text) {
  FILE* file = std::fopen((path + ".new").c_str(), "w");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fclose(file) != 0 || std::rename((path + ".new").c_str(), path.c_str()) != 0)
    std::abort();
}

// Through a file of its own: the one that is flushed may be open for writing only.
std::string content_of(const std::string& path) {
  std::string text;
  FILE* file = std::fopen(path.c_str(), "r");
  char piece[1 << 16];
  for (size_t count; file != nullptr && (count = std::fread(piece, 1, sizeof(piece), file)) > 0;) text.append(piece, count);
  if (file != nullptr) std::fclose(file);
  return text;
}

std::string names_in(const std::string& directory) {
  std::string text;
  DIR* listing = ::opendir(directory.c_str());
  for (const dirent* entry; listing != nullptr && (entry = ::readdir(listing)) != nullptr;) {
    if (entry->d_type == DT_REG) text += std::to_string(entry->d_ino) + " " + entry->d_name + "\n";
  }
  if (listing != nullptr) ::closedir(listing);
  return text;
}

int flush(int file) {
  const std::string directory = variable("RECHUB_UNSYNCED_FILES"), path = path_of(file);
  struct stat status {};
  if (directory.empty() || ::fstat(file, &status) != 0) return -1;
  std::lock_guard lock(mutex);
  if (path == directory) replace(variable("RECHUB_UNSYNCED_SHADOW") + "/names", names_in(directory));
  if (S_ISREG(status.st_mode) && path.compare(0, directory.size() + 1, directory + "/") == 0)
    replace(shadow_of(status.st_ino), content_of("/proc/self/fd/" + std::to_string(file)));
  return 0;
}

// A new file may get the inode of one that was removed: what that one held is not the new one's.
int forget(int file) {
  struct stat status {};
  if (file >= 0 && ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0) ::unlink(shadow_of(status.st_ino).c_str());
  return file;
}

int open_next(const char* name, const char* path, int flags, mode_t mode) {
  const auto next = reinterpret_cast<int (*)(const char*, int, ...)>(::dlsym(RTLD_NEXT, name));
  const int file = next(path, flags, mode);
  return (flags & O_CREAT) != 0 && std::string(path).rfind(variable("RECHUB_UNSYNCED_FILES") + "/", 0) == 0 ? forget(file) : file;
}

mode_t mode_argument(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

}  // namespace

extern "C" {

int fsync(int file) { return flush(file); }
int fdatasync(int file) { return flush(file); }

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_next("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return open_next("open64", path, flags, mode);
}
}
