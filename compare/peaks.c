/* What this machine can do at most: separate multiplies and adds in registers, and reading memory.

   Exact bits forbid fusing a multiply with an add, so the peak is that of pairs of them. */

#include <stddef.h>
#include <stdint.h>

#ifndef WIDTH
#define WIDTH 64 /* bytes of a vector */
#endif

typedef float lanes __attribute__((vector_size(WIDTH)));
enum { LANES = WIDTH / 4, CHAINS = 12 };

/* Variables, not an array: compilers keep an array of vectors in memory. */
#define EACH(do) do(0) do(1) do(2) do(3) do(4) do(5) do(6) do(7) do(8) do(9) do(10) do(11)
#define BEGIN(i) lanes x##i = step + (float)i;
#define STEP(i) x##i = x##i * scale + step;
#define END(i) sum += x##i;

/* Each round is two operations in each lane of each chain. Returns the number of operations. */
double peak_multiply_add(int64_t rounds, float seed, float *result) {
  lanes scale = (lanes){0} + 0.999f, step = (lanes){0} + seed, sum = {0};
  EACH(BEGIN)
  for (int64_t n = 0; n < rounds; ++n) {
    EACH(STEP)
  }
  EACH(END)
  for (int i = 0; i < LANES; ++i) *result += sum[i];
  return 2.0 * CHAINS * LANES * (double)rounds;
}

/* Reads so many bytes, a multiple of 8 vectors, so many times. */
double peak_read(const float *data, size_t bytes, int64_t rounds, float *result) {
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};
  for (int64_t n = 0; n < rounds; ++n) {
    const lanes *at = (const lanes *)data, *end = at + bytes / sizeof(lanes);
    for (; at < end; at += 8) {
      s0 += at[0], s1 += at[1], s2 += at[2], s3 += at[3], s4 += at[4], s5 += at[5], s6 += at[6], s7 += at[7];
    }
    __asm__ volatile("" : : : "memory");
  }
  s0 += s1 + s2 + s3 + s4 + s5 + s6 + s7;
  for (int i = 0; i < LANES; ++i) *result += s0[i];
  return (double)bytes * (double)rounds;
}
