// SGEMM of a library, which -DOPENBLAS, -DONEDNN or -DBLIS chooses at compile
// time. Its threads come from its own environment variable.
//   gemm M N K NN|NT      NT is x·Wᵀ, a linear layer with torch's weights
#define _GNU_SOURCE
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "answer.h"

static int M, N, K, transposed;
static float *A, *B, *C;

#ifdef ONEDNN
#include <oneapi/dnnl/dnnl.h>

static void run(void) {
  dnnl_sgemm('N', transposed ? 'T' : 'N', M, N, K, 1, A, K, B, transposed ? K : N, 0, C, N);
}

static void describe(char *s, char **argv) {
  (void)argv;
  const dnnl_version_t *v = dnnl_version();
  sprintf(s, "oneDNN %d.%d.%d, isa 0x%x", v->major, v->minor, v->patch, (int)dnnl_get_effective_cpu_isa());
}
#else
#ifdef OPENBLAS
#include <cblas.h>

static void describe(char *s, char **argv) {
  (void)argv;
  char version[32] = "";
  sscanf(openblas_get_config(), "OpenBLAS %31s", version);
  sprintf(s, "OpenBLAS %s, kernels %s", version, openblas_get_corename());
}
#else
#include <blis.h>

// A CPU that is younger than BLIS gets BLIS's plain C kernels, at a fifth of
// the speed. It is told of the nearest kernels that BLIS has.
static void describe(char *s, char **argv) {
  bli_init();
#ifdef __x86_64__
  if (bli_arch_query_id() == BLIS_ARCH_GENERIC && !getenv("BLIS_ARCH_TYPE") && __builtin_cpu_supports("avx2")) {
    char id[16];
    sprintf(id, "%d", __builtin_cpu_supports("avx512vl") ? BLIS_ARCH_SKX : BLIS_ARCH_HASWELL);
    setenv("BLIS_ARCH_TYPE", id, 1);
    execv("/proc/self/exe", argv);
  }
#endif
  sprintf(s, "BLIS %s, kernels %s", bli_info_get_version_str(), bli_arch_string(bli_arch_query_id()));
}
#endif

static void run(void) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, M, N, K, 1, A, K, B, transposed ? K : N,
              0, C, N);
}
#endif

static float *numbers(size_t n) {
  float *x = aligned_alloc(64, (n * sizeof *x + 63) / 64 * 64);
  for (size_t i = 0; i < n; i++) x[i] = (i * 2654435761u >> 8 & 255) / 256.f - .5f;
  return x;
}

int main(int argc, char **argv) {
  if (argc != 5) return fprintf(stderr, "usage: gemm M N K NN|NT\n"), 2;
  char about[256];
  describe(about, argv);
  M = atoi(argv[1]), N = atoi(argv[2]), K = atoi(argv[3]), transposed = !strcmp(argv[4], "NT");
  A = numbers((size_t)M * K), B = numbers((size_t)K * N), C = numbers((size_t)M * N);
  run();
  size_t i = M / 2, j = N / 3;
  double want = 0;
  for (size_t k = 0; k < (size_t)K; k++) want += (double)A[i * K + k] * (transposed ? B[j * K + k] : B[k * N + j]);
  if (fabs(C[i * N + j] - want) > 1e-2) return fprintf(stderr, "a wrong product\n"), 1;
  return answer(about, run);
}
