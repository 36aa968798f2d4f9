#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "rechub/base/random.h"

namespace rechub {

// What one call of the encoders needs besides the batch. Made anew for each step or request; not shared between threads.
struct EncodeContext {
  bool training = false;
  uint64_t seed = 0;               // of the step's dropout; layers take next_seed() in the order they run
  std::vector<at::Tensor> leaves;  // by table index: whole tables [rows, width], or the step's gathered rows, which the batch's ids then number
  at::Tensor auxiliary_loss;       // a model may add to it (SINE's regulariser); undefined otherwise
  // Session-parallel training: what the model remembers of each sequence from the batch before, one [B, width] a width of Model::state_widths. The model reads one event a sequence
  // and puts the states behind it here, detached: gradients do not cross batches. Empty: sequences begin from zero states.
  std::vector<at::Tensor> states;

  uint64_t next_seed() { return mix({seed, draws_++}); }

  // What a model takes as constant when it is differentiated (the weights of capsule routing): computed without a graph. `held`, where set, keeps the values of a first call and
  // gives them to later ones, so that a test can compare gradients with differences of what they are the gradients of.
  at::Tensor constant(const std::function<at::Tensor()>& compute);
  std::vector<at::Tensor>* held = nullptr;

  // Encoded items of a batch, so that a catalogue that serves history and targets is encoded once. Keyed by encoder and batch.
  std::map<std::pair<const void*, const void*>, at::Tensor> encoded_items;

 private:
  uint64_t draws_ = 0;
  size_t constants_ = 0;
};

}  // namespace rechub
