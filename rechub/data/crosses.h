#pragma once

#include <cstdint>
#include <unordered_map>

#include "rechub/data/vocabulary.h"

namespace rechub {

// Codes for pairs of codes: the index of cross_key(first value, second value) in a vocabulary of its own. A pair with an unknown half is unknown.
class CrossEncoder {
 public:
  // Vocabularies of the two halves; null where codes have no values (buckets), then the code stands for itself. All must outlive this.
  CrossEncoder(const Vocabulary* first, const Vocabulary* second, Vocabulary& crossed) : first_(first), second_(second), crossed_(crossed) {}

  int32_t code(int32_t first, int32_t second);

 private:
  const Vocabulary *first_, *second_;
  Vocabulary& crossed_;
  std::unordered_map<uint64_t, int32_t> known_;
};

}  // namespace rechub
