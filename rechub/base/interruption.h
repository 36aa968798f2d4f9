#pragma once

#include <exception>
#include <functional>

namespace rechub {

// What check_interruption() throws. No Error: nothing is wrong, and nobody is told.
class Interrupted : public std::exception {
 public:
  const char* what() const noexcept override { return "interrupted"; }
};

// Ends long calls of this thread where `is_interrupted` says so, for programs around ours that hear Ctrl-C themselves. The innermost one counts; an empty function leaves the one
// around it in place.
class InterruptionScope {
 public:
  explicit InterruptionScope(std::function<bool()> is_interrupted);
  ~InterruptionScope();
  InterruptionScope(const InterruptionScope&) = delete;
  InterruptionScope& operator=(const InterruptionScope&) = delete;

 private:
  std::function<bool()> is_interrupted_;
  const std::function<bool()>* outer_;
};

// Throws Interrupted where the thread's scope says so. Asked once a batch by loops that may take seconds; without a scope it costs nothing.
void check_interruption();

}  // namespace rechub
