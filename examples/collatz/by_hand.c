/* The same algorithm as collatz.mlir, written by hand: what a person would expect the compiler to arrive at.

     int32_t collatz_longest(int64_t n, int64_t *start, int64_t *steps);

   Stores the start below n whose chain is longest, and its number of steps. Returns 0; there is nothing to check.
   Arithmetic wraps, as in the bytecode. */

#include <stdint.h>

static int64_t chain_length(int64_t x) {
  int64_t steps = 0;
  while (x > 1) {
    x = (x & 1) ? (int64_t)((uint64_t)x * 3 + 1) : x >> 1;
    ++steps;
  }
  return steps;
}

int32_t collatz_longest(int64_t n, int64_t *start, int64_t *steps) {
  int64_t best = 1;
  int64_t most = 0;
  for (int64_t i = 1; i < n; ++i) {
    int64_t length = chain_length(i);
    if (length > most) {
      best = i;
      most = length;
    }
  }
  *start = best;
  *steps = most;
  return 0;
}
