#pragma once

#include "rechub/serve/fake_encoder.h"

// The bundle whose routes are fuzzed.
inline rechub::FakeEncoder::Parts fuzzed_bundle() {
  return {{{'a', {1, 0}}, {'b', {0, 1}}, {'c', {2, 0}}, {'d', {0, 3}}}, {{"ann", "abcd"}, {"ben", "adc"}, {"cat", "b"}}, {{'a', 'a'}, {'b', 'a'}, {'c', 'd'}}};
}
