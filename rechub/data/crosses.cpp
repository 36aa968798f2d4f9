#include "rechub/data/crosses.h"

#include <string>

#include "rechub/data/feature_table.h"

namespace rechub {
namespace {

std::string value_of_code(const Vocabulary* vocabulary, int32_t code) { return vocabulary == nullptr ? std::to_string(code) : vocabulary->text(code); }

}  // namespace

int32_t CrossEncoder::code(int32_t first, int32_t second) {
  if (first < kFirstIndex || second < kFirstIndex) return kUnknownIndex;
  const uint64_t pair = static_cast<uint64_t>(static_cast<uint32_t>(first)) << 32 | static_cast<uint32_t>(second);
  const auto [place, is_new] = known_.try_emplace(pair, 0);
  if (is_new) place->second = crossed_.add(cross_key(value_of_code(first_, first), value_of_code(second_, second)));
  return place->second;
}

}  // namespace rechub
