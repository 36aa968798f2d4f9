#pragma once

#include <atomic>
#include <utility>

#include "rechub/base/error.h"
#include "rechub/matching/match_model.h"

namespace rechub::python {

// A model that several threads of Python may ask for something, as long as none changes it.
struct SharedModel {
  explicit SharedModel(matching::MatchModel made) : model(std::move(made)) {}
  matching::MatchModel model;
  mutable std::atomic<int> num_uses = 0;  // -1: one that changes it
};

// While it lives, the model is read by this call, or changed by it `alone`. Throws kUsage where another call is in the way: waiting for it could be waiting for oneself, in a
// callback.
class ModelUse {
 public:
  ModelUse(const SharedModel& shared, bool alone) : shared_(shared), alone_(alone) {
    int uses = shared.num_uses;
    do {
      check(uses >= 0 && (!alone || uses == 0), ErrorKind::kUsage, "the model is in use: another call {}; wait until it is over",
            uses < 0 ? "trains it or loads weights" : "reads it");
    } while (!shared.num_uses.compare_exchange_weak(uses, alone ? -1 : uses + 1));
  }
  ~ModelUse() { alone_ ? shared_.num_uses = 0 : --shared_.num_uses; }
  ModelUse(const ModelUse&) = delete;
  ModelUse& operator=(const ModelUse&) = delete;

 private:
  const SharedModel& shared_;
  bool alone_;
};

}  // namespace rechub::python
