#include "rechub/base/progress.h"

#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include "rechub/base/log.h"

namespace rechub {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ProgressLine, ShowsShareRateTextAndTimeLeft) {
  const ProgressState state{"epoch 1/5", "events", "loss 1.2345", 25000, 100000, 10};
  EXPECT_EQ(progress_line(state, 200, true), "epoch 1/5 [=======.......................]  25%  2.50k events/s  loss 1.2345  0:10, 0:30 left");
  EXPECT_EQ(progress_line(state, 200, false), "epoch 1/5  25%  2.50k events/s  loss 1.2345  0:10, 0:30 left");
}

TEST(ProgressLine, UnknownTotalZeroDoneAndAllDone) {
  EXPECT_EQ(progress_line({"reading", "rows", "", 1500, -1, 3}, 80, true), "reading 1.50k rows  500 rows/s  0:03");
  EXPECT_EQ(progress_line({"reading", "rows", "", 0, 10, 3}, 80, false), "reading   0%  0:03");
  EXPECT_EQ(progress_line({"reading", "rows", "", 10, 10, 5}, 80, false), "reading 100%  2 rows/s  0:05");
  EXPECT_EQ(progress_line({"training", "events", "", 60, 100, 10, 40}, 80, false), "training  60%  2 events/s  0:10, 0:20 left");  // resumed at 40
  EXPECT_EQ(progress_line({"reading", "rows", "", 12, 10, 5}, 80, false), "reading 100%  2 rows/s  0:05");                         // more than promised
}

TEST(ProgressLine, NeverLongerThanTheWidth) {
  for (int width = 0; width < 120; ++width) EXPECT_LE(progress_line({"a long label", "events", "loss 1.2", 5, 10, 3}, width, true).size(), static_cast<size_t>(width));
}

TEST(Readable, CountsAndSeconds) {
  EXPECT_EQ(readable_count(0), "0");
  EXPECT_EQ(readable_count(999), "999");
  EXPECT_EQ(readable_count(999.9), "1.00k");
  EXPECT_EQ(readable_count(12345), "12.3k");
  EXPECT_EQ(readable_count(4.56e6), "4.56M");
  EXPECT_EQ(readable_count(7.8e9), "7.80G");
  EXPECT_EQ(readable_seconds(7.4), "0:07");
  EXPECT_EQ(readable_seconds(59.7), "1:00");
  EXPECT_EQ(readable_seconds(3723), "1:02:03");
  EXPECT_EQ(readable_seconds(-1), "0:00");
}

// Runs `body` with stderr on a new terminal of `columns` and returns what it wrote there.
std::string written_to_terminal(int columns, void (*body)()) {
  int terminal = 0, program_side = 0;
  winsize size{};
  size.ws_row = 24, size.ws_col = static_cast<unsigned short>(columns);
  EXPECT_EQ(openpty(&terminal, &program_side, nullptr, nullptr, &size), 0);
  ::fcntl(terminal, F_SETFL, O_NONBLOCK);
  const int old_stderr = ::dup(STDERR_FILENO);
  ::dup2(program_side, STDERR_FILENO);
  ::setenv("TERM", "xterm", 1);
  body();
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = ::read(terminal, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(count));
  ::dup2(old_stderr, STDERR_FILENO);
  for (int file : {old_stderr, terminal, program_side}) ::close(file);
  return text;
}

TEST(Progress, DrawsABarBelowTheMessagesAndTakesItAway) {
  const std::string text = written_to_terminal(40, [] {
    Progress progress("training", 100, "events");
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    progress.update(50, "a text that does not fit in forty columns at all");
    log_info("message {}", 1);
    progress.finish();
  });
  const std::string clear = "\r\x1b[K";
  ASSERT_EQ(text.compare(0, clear.size() + 8, clear + "training"), 0) << text;
  const std::string bar = text.substr(clear.size(), text.find(clear, 1) - clear.size());
  EXPECT_EQ(bar.size(), 39u) << bar;
  EXPECT_EQ(text, clear + bar + clear + "message 1\r\n" + bar + clear);
}

TEST(Progress, DrawsNothingBeforeItsTimeOrWhenQuiet) {
  const std::string text = written_to_terminal(40, [] {
    Progress early("early", 100, "events");
    early.update(50);
    set_quiet(true);
    Progress quiet("quiet", 100, "events");
    std::this_thread::sleep_for(std::chrono::milliseconds(120));
    quiet.update(50);
    set_quiet(false);
  });
  EXPECT_EQ(text, "");
}

TEST(Log, QuietKeepsWarnings) {
  testing::internal::CaptureStderr();
  log_info("one {}", 1);
  set_quiet(true);
  log_info("two");
  log_warning("three");
  set_quiet(false);
  set_status_line("no terminal, no status");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "one 1\nwarning: three\n");
}

TEST(Log, CutsTheStatusLineAtWholeCharacters) {
  const std::string text = written_to_terminal(6, [] {
    set_status_line("äöüäöüäöü");
    set_status_line("");
  });
  EXPECT_EQ(text, "\r\x1b[Käöüäö\r\x1b[K");
}

}  // namespace
}  // namespace rechub
