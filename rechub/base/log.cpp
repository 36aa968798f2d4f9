#include "rechub/base/log.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace rechub {
namespace {

std::atomic<bool> quiet_flag = false;

// What stands on the last line of the terminal, and the lock of everything written to stderr.
struct Console {
  std::mutex mutex;
  std::string status;
  std::shared_ptr<const OutputSink> sink;
};

Console& console() {
  static Console* shared = new Console;  // never destroyed: threads may log while the process ends
  return *shared;
}

// Nothing can be done where stderr is closed or full.
void write_to_stderr(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

// At most `columns` characters, counted as UTF-8 code points.
std::string cut_to(const std::string& line, int columns) {
  size_t end = 0;
  for (int count = 0; end < line.size(); ++end) {
    const bool is_first_byte = (static_cast<unsigned char>(line[end]) & 0xc0) != 0x80;
    if (is_first_byte && ++count > columns) break;
  }
  return line.substr(0, end);
}

constexpr const char* kClearLine = "\r\x1b[K";

// Gives `text` to the sink; false: there is none. No lock of ours is held meanwhile, as a sink may wait for locks of its own (Python's, say).
bool sink_takes(Output kind, const std::string& text) {
  std::shared_ptr<const OutputSink> sink;
  {
    const std::lock_guard lock(console().mutex);
    sink = console().sink;
  }
  if (sink) (*sink)(kind, text);
  return sink != nullptr;
}

void write_to_console(const std::string& message) {
  Console& shared = console();
  std::lock_guard lock(shared.mutex);
  if (shared.status.empty()) {
    write_to_stderr(message + "\n");
  } else {
    write_to_stderr(kClearLine + message + "\n" + shared.status);
  }
}

}  // namespace

void set_quiet(bool quiet) { quiet_flag = quiet; }
bool is_quiet() { return quiet_flag; }

void log_line(const std::string& line) {
  if (!is_quiet() && !sink_takes(Output::kMessage, line)) write_to_console(line);
}

void warn_line(const std::string& line) {
  if (!sink_takes(Output::kWarning, line)) write_to_console("warning: " + line);
}

void print_result(const std::string& text) {
  if (!sink_takes(Output::kResult, text)) std::fwrite(text.data(), 1, text.size(), stdout);
}

void set_output_sink(OutputSink sink) {
  auto shared = sink ? std::make_shared<const OutputSink>(std::move(sink)) : nullptr;
  const std::lock_guard lock(console().mutex);
  console().sink.swap(shared);
}

void set_status_line(const std::string& line) {
  if (!has_status_line()) return;
  Console& shared = console();
  // A line that fills the last column wraps on some terminals.
  const std::string status = cut_to(line, terminal_width() - 1);
  std::lock_guard lock(shared.mutex);
  if (status == shared.status) return;
  write_to_stderr(kClearLine + status);
  shared.status = status;
}

bool has_status_line() {
  const char* terminal = std::getenv("TERM");
  return !is_quiet() && ::isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

int terminal_width() {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : 80;
}

}  // namespace rechub
