#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rechub/kernels/additive_attention.h"
#include "rechub/kernels/attention.h"
#include "rechub/kernels/dropout.h"
#include "rechub/kernels/elementwise.h"
#include "rechub/kernels/gru.h"
#include "rechub/kernels/optimizer.h"
#include "rechub/kernels/panels.h"
#include "rechub/kernels/pooling.h"
#include "rechub/kernels/scattered_rows.h"
#include "rechub/kernels/scores.h"
#include "rechub/kernels/softmax_tile.h"

namespace rechub {

// The CPU kernels of one ISA level. Levels: "reference" (plain loops, any x86-64: the truth), "avx2" (AVX2 and FMA), "avx512" (F, BW, DQ, VL).
//
// To add a group of kernels `foo`:
//   1. foo.h: the contract. `struct FooKernels` of function pointers (layout, range, aliasing), and `FooKernels foo_kernels();` declared in namespaces reference, avx2, avx512.
//   2. foo_reference.cpp: plain loops in an anonymous namespace, and reference::foo_kernels().
//   3. foo.simd.cpp: one source for all vector levels, on the vectors of simd.h, in namespace rechub::RECHUB_SIMD_LEVEL. Its body lies in an anonymous namespace, with nothing but
//      constexpr integers at namespace scope and no std:: templates or inline functions of other headers: the linker would keep one level's copy for all.
//   4. here: one field; kernel_table.cpp: one line in each of its three rows, in the order of the fields.
//   5. CMakeLists.txt: foo_reference.cpp under SOURCES, foo.simd.cpp in RECHUB_SIMD_SOURCES, foo_test.cpp under TESTS.
// Kernels take raw pointers, allocate nothing, throw nothing and start no thread. Tests loop over supported_isas() and compare kernels_of(isa) with the reference.
struct KernelTable {
  const char* isa;
  ElementwiseKernels elementwise;
  PanelKernels panels;
  SoftmaxTileKernels softmax_tile;
  ScoreKernels scores;
  DropoutKernels dropout;
  AttentionKernels attention;
  GruKernels gru;
  PoolingKernels pooling;
  OptimizerKernels optimizer;
  AdditiveAttentionKernels additive_attention;
  ScatteredRowKernels scattered_rows;
};

// The table this process uses: the best level of this CPU, or the one RECHUB_ISA names. Chosen at the first call; throws kUsage where RECHUB_ISA is unknown or not supported here.
const KernelTable& kernels();
const char* kernel_isa_name();

// The levels this CPU supports, slowest first, and the table of one of them; kernels_of throws kUsage like kernels().
std::vector<std::string> supported_isas();
const KernelTable& kernels_of(std::string_view isa);

}  // namespace rechub
