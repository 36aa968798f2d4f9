#include "rechub/index/ivf_blas.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "rechub/base/parallel.h"
#include "rechub/kernels/kernel_table.h"

namespace rechub {
namespace {

constexpr int64_t kMinColumns = 64;  // of the result a thread

[[noreturn]] void not_used(const char* name) {
  std::fprintf(stderr, "rechub: FAISS called %s in a way that no index of RecHub does; please report it\n", name);
  std::abort();
}

}  // namespace

void use_own_blas() {}

}  // namespace rechub

#define RECHUB_HIDDEN extern "C" __attribute__((visibility("hidden")))

// C[j][i] = alpha * row i of A . row j of B, for A [m, k] and B [n, k] in C's order: the product FAISS calls for distances of many vectors.
RECHUB_HIDDEN int sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n, const int* k, const float* alpha, const float* a, const int* row_a,
                         const float* b, const int* row_b, const float* beta, float* c, const int* row_c) {
  if (*transpose_a != 'T' || *transpose_b != 'N' || *beta != 0.0f) rechub::not_used("sgemm_");
  const auto dot = rechub::kernels().scattered_rows.dot;
  rechub::parallel_for(*n, rechub::kMinColumns, [&](int64_t begin, int64_t end, int) {
    for (int64_t j = begin; j < end; ++j) {
      for (int64_t i = 0; i < *m; ++i) c[j * *row_c + i] = *alpha * dot(a + i * *row_a, b + j * *row_b, *k);
    }
  });
  return 0;
}

RECHUB_HIDDEN int dgemm_() { rechub::not_used("dgemm_"); }
RECHUB_HIDDEN int dgesvd_() { rechub::not_used("dgesvd_"); }
RECHUB_HIDDEN int dsyev_() { rechub::not_used("dsyev_"); }
RECHUB_HIDDEN int sgelsd_() { rechub::not_used("sgelsd_"); }
RECHUB_HIDDEN int sgeqrf_() { rechub::not_used("sgeqrf_"); }
RECHUB_HIDDEN int sgesvd_() { rechub::not_used("sgesvd_"); }
RECHUB_HIDDEN int sgetrf_() { rechub::not_used("sgetrf_"); }
RECHUB_HIDDEN int sgetri_() { rechub::not_used("sgetri_"); }
RECHUB_HIDDEN int sorgqr_() { rechub::not_used("sorgqr_"); }
RECHUB_HIDDEN int ssyrk_() { rechub::not_used("ssyrk_"); }
