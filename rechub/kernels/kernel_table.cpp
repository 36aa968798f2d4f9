#include "rechub/kernels/kernel_table.h"

#include <cstdlib>

#include <fmt/ranges.h>

#include "rechub/base/error.h"

namespace rechub {
namespace {

bool any_cpu() { return true; }
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool has_avx512() { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"); }

struct Level {
  bool (*is_supported)();
  KernelTable table;
};

// Slowest first.
const std::vector<Level>& levels() {
  static const std::vector<Level> all = {
      {any_cpu,
       {"reference", reference::elementwise_kernels(), reference::panel_kernels(), reference::softmax_tile_kernels(), reference::score_kernels(), reference::dropout_kernels(),
        reference::attention_kernels(), reference::gru_kernels(), reference::pooling_kernels(), reference::optimizer_kernels(), reference::additive_attention_kernels(),
        reference::scattered_row_kernels()}},
      {has_avx2,
       {"avx2", avx2::elementwise_kernels(), avx2::panel_kernels(), avx2::softmax_tile_kernels(), avx2::score_kernels(), avx2::dropout_kernels(), avx2::attention_kernels(),
        avx2::gru_kernels(), avx2::pooling_kernels(), avx2::optimizer_kernels(), avx2::additive_attention_kernels(), avx2::scattered_row_kernels()}},
      {has_avx512,
       {"avx512", avx512::elementwise_kernels(), avx512::panel_kernels(), avx512::softmax_tile_kernels(), avx512::score_kernels(), avx512::dropout_kernels(),
        avx512::attention_kernels(), avx512::gru_kernels(), avx512::pooling_kernels(), avx512::optimizer_kernels(), avx512::additive_attention_kernels(),
        avx512::scattered_row_kernels()}},
  };
  return all;
}

const KernelTable& choose() {
  const char* wanted = std::getenv("RECHUB_ISA");
  return kernels_of(wanted && *wanted ? std::string(wanted) : supported_isas().back());
}

}  // namespace

const KernelTable& kernels() {
  static const KernelTable& chosen = choose();
  return chosen;
}

const char* kernel_isa_name() { return kernels().isa; }

std::vector<std::string> supported_isas() {
  std::vector<std::string> names;
  for (const Level& level : levels()) {
    if (level.is_supported()) names.emplace_back(level.table.isa);
  }
  return names;
}

const KernelTable& kernels_of(std::string_view isa) {
  std::vector<std::string> known;
  for (const Level& level : levels()) {
    known.emplace_back(level.table.isa);
    if (isa != level.table.isa) continue;
    check(level.is_supported(), ErrorKind::kUsage, "RECHUB_ISA={}: this CPU does not support it; it supports {}", isa, fmt::join(supported_isas(), ", "));
    return level.table;
  }
  fail(ErrorKind::kUsage, "RECHUB_ISA={}: no such level; known are {}", isa, fmt::join(known, ", "));
}

}  // namespace rechub
