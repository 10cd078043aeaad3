// What every peer in C shares: the clock, and the dialogue with the benchmark.
// A peer prints what it is as {"about":"..."} when it is ready; then it answers
// each line, which holds a number n, with the seconds that one of n runs took.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static int answer(const char *about, void (*run)(void)) {
  printf("{\"about\":\"%s\"}\n", about);
  fflush(stdout);
  for (long n; scanf("%ld", &n) == 1;) {
    double start = now();
    for (long i = 0; i < n; i++) run();
    double seconds = (now() - start) / n;
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("{\"seconds\":%.9g,\"rss_mib\":%.1f}\n", seconds, use.ru_maxrss / 1024.0);
    fflush(stdout);
  }
  return 0;
}
