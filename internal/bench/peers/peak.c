// The FMA peak of one core as a matrix product can reach it: a micro-kernel of
// outer products whose packed panels stay in the first-level cache, so that its
// loads and broadcasts count and everything around it does not.
//   peak avx2|avx512|neon
#include <string.h>

#include "answer.h"

static volatile float sink;

// KERNEL defines a kernel for tiles of ROWS x 2 vectors of WIDTH numbers, the
// panels DEPTH deep. Every run of every kernel is 9,437,184 operations, an FMA
// being two.
#define KERNEL(NAME, TARGET, WIDTH, ROWS, DEPTH)                                   \
  TARGET static void NAME(void) {                                                  \
    typedef float vector __attribute__((vector_size(4 * WIDTH)));                  \
    static float a[ROWS * DEPTH];                                                  \
    static vector b[2 * DEPTH];                                                    \
    enum { TILES = 9437184 / (2 * ROWS * 2 * WIDTH * DEPTH) };                     \
    _Static_assert(TILES * 2 * ROWS * 2 * WIDTH * DEPTH == 9437184, "whole tiles"); \
    for (int tile = 0; tile < TILES; tile++) {                                     \
      vector c[ROWS][2] = {0};                                                     \
      __asm__ volatile("" ::"r"(a), "r"(b) : "memory");                            \
      for (int k = 0; k < DEPTH; k++) {                                            \
        vector b0 = b[2 * k], b1 = b[2 * k + 1];                                   \
        _Pragma("GCC unroll 16") for (int i = 0; i < ROWS; i++) {                  \
          c[i][0] += a[ROWS * k + i] * b0;                                         \
          c[i][1] += a[ROWS * k + i] * b1;                                         \
        }                                                                          \
      }                                                                            \
      vector sum = {0};                                                            \
      _Pragma("GCC unroll 16") for (int i = 0; i < ROWS; i++) sum += c[i][0] + c[i][1]; \
      sink = sum[0];                                                               \
    }                                                                              \
  }

#ifdef __x86_64__
KERNEL(avx2, __attribute__((target("avx2,fma"))), 8, 6, 192)
KERNEL(avx512, __attribute__((target("avx512f"))), 16, 12, 128)
#elif defined __aarch64__
KERNEL(neon, , 4, 12, 192)
#endif

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
#ifdef __x86_64__
  if (!strcmp(name, "avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return answer("tile 6 x 16", avx2);
  if (!strcmp(name, "avx512") && __builtin_cpu_supports("avx512f")) return answer("tile 12 x 32", avx512);
#elif defined __aarch64__
  if (!strcmp(name, "neon")) return answer("tile 12 x 8", neon);
#endif
  return fprintf(stderr, "this CPU has no %s\n", name), 1;
}
