#pragma once

#include <functional>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace rechub {

// Messages for a person, on stderr: results alone go to stdout. All functions are thread-safe, and a message is never torn by another or by the progress bar.
void set_quiet(bool quiet);  // --quiet: only warnings are printed
bool is_quiet();

void log_line(const std::string& line);   // a line as it is, unless quiet
void warn_line(const std::string& line);  // "warning: " in front, quiet or not

template <class... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
  log_line(fmt::format(text, std::forward<Args>(args)...));
}

template <class... Args>
void log_warning(fmt::format_string<Args...> text, Args&&... args) {
  warn_line(fmt::format(text, std::forward<Args>(args)...));
}

// Results of a command, on stdout.
void print_result(const std::string& text);

// Where text goes instead of stdout and stderr: for programs around ours that have a screen of their own, as a notebook. Lines come without their end and without "warning: ",
// results as they are. The sink is called by any thread, also by several at once. An empty function: back to stdout and stderr.
enum class Output { kResult, kMessage, kWarning };
using OutputSink = std::function<void(Output, const std::string&)>;
void set_output_sink(OutputSink sink);

// A line that stays below all messages and is redrawn in place; "" removes it. Cut to the width of the terminal. Does nothing where has_status_line() is false.
void set_status_line(const std::string& line);
bool has_status_line();  // stderr is a terminal that can do it, and not quiet
int terminal_width();    // columns of stderr, 80 where it is no terminal

}  // namespace rechub
