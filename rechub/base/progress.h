#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace rechub {

struct ProgressState;

// How far a long job is: a bar on a terminal, redrawn at most ten times a second; elsewhere a plain line after 10 seconds, then at intervals that grow to a minute; nothing when
// quiet (log.h).
//
//     Progress progress("epoch 3/20", num_events, "events");
//     for (...) progress.update(done, fmt::format("loss {:.4f}", loss));
//     progress.finish();
//
// update() costs some nanoseconds when nothing is to be drawn, but formatting its text does not: ask is_due() first in a tight loop. Used from one thread.
class Progress {
 public:
  // total < 0: not known. `already_done` of it were done before, as in a job that is resumed: they count for the share, not for the speed.
  Progress(std::string label, int64_t total, std::string unit, int64_t already_done = 0);
  ~Progress();  // takes the bar away, as finish() does
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool is_due() const;  // whether update() would draw now
  void update(int64_t done, const std::string& text = "");
  void finish();  // the bar disappears; the caller logs the result

 private:
  std::string label_, unit_;
  int64_t total_, already_done_;
  double start_, next_draw_, interval_;
  bool is_bar_;
  std::shared_ptr<const std::function<void(const ProgressState*)>> sink_;
};

// One line of progress, at most `width` characters: the bar gives way first, then the end of the line. with_bar = false gives the plain form.
struct ProgressState {
  std::string label, unit, text;
  int64_t done = 0, total = -1;
  double seconds = 0;
  int64_t already_done = 0;
};
std::string progress_line(const ProgressState& state, int width, bool with_bar);

// Takes progress over from the terminal (OutputSink in log.h takes the lines): called at most ten times a second with how far a job is, and with null at its end, by the thread
// that works. The former may throw, which ends the job as an error does; the latter must not. An empty function: back to the terminal.
using ProgressSink = std::function<void(const ProgressState*)>;
void set_progress_sink(ProgressSink sink);

std::string readable_count(double count);      // 950, 12.3k, 4.56M, 7.8G
std::string readable_seconds(double seconds);  // 0:07, 12:34, 1:02:03

}  // namespace rechub
