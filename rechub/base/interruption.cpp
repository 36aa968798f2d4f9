#include "rechub/base/interruption.h"

#include <utility>

namespace rechub {
namespace {

thread_local const std::function<bool()>* innermost = nullptr;

}  // namespace

InterruptionScope::InterruptionScope(std::function<bool()> is_interrupted) : is_interrupted_(std::move(is_interrupted)), outer_(innermost) {
  if (is_interrupted_) innermost = &is_interrupted_;
}

InterruptionScope::~InterruptionScope() { innermost = outer_; }

void check_interruption() {
  if (innermost != nullptr && (*innermost)()) throw Interrupted();
}

}  // namespace rechub
