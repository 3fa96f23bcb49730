/* The same algorithm as fibonacci.mlir, written by hand.

     int32_t fibonacci_fib(int32_t n, int64_t *result);

   Stores the n-th Fibonacci number modulo 2^64, 0 for negative n. Returns 0; there is nothing to check. */

#include <stdint.h>

int32_t fibonacci_fib(int32_t n, int64_t *result) {
  uint64_t a = 0;
  uint64_t b = 1;
  for (int32_t i = 0; i < n; ++i) {
    uint64_t sum = a + b;
    a = b;
    b = sum;
  }
  *result = (int64_t)a;
  return 0;
}
