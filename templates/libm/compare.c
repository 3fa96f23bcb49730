/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the functions of csupport/f32_math.h with those of the C library: vectorised as in a raised loop, or with
 * -DVM_F32_LOOPS=0 as those that are called.
 *
 *   compare NAME FLUSH FIRST COUNT STEP SHOWN   inputs FIRST, FIRST + STEP, ... as bits, for a function of one operand
 *   compare NAME FLUSH SEED COUNT 0 SHOWN       edge values and COUNT random pairs, for one of two operands
 *   digest NAME FLUSH FIRST COUNT STEP          a number made of all results, to compare processors by
 *
 * FLUSH is 1 for denormals flushed to zero, as in a dispatch of the HAL. COUNT is rounded up to blocks. The program prints
 * "differ N" behind the first SHOWN inputs with both results. */
#include "nest.h"

#include <stdio.h>
#include <stdlib.h>

#include "f32_math.h"

#define BLOCK 4096

typedef void (*unary_loop)(const float*, float*);
typedef void (*binary_loop)(const float*, const float*, float*);

#define UNARY(name)                                                                           \
  static VM_NOINLINE void ours_##name(const float* VM_RESTRICT from, float* VM_RESTRICT to) { \
    for (int i = 0; i < BLOCK; ++i) to[i] = vm_f32_##name(from[i]);                           \
  }
#define BINARY(name)                                                                          \
  static VM_NOINLINE void ours_##name(const float* VM_RESTRICT a, const float* VM_RESTRICT b, \
                                      float* VM_RESTRICT to) {                                \
    for (int i = 0; i < BLOCK; ++i) to[i] = vm_f32_##name(a[i], b[i]);                        \
  }

UNARY(exp)
UNARY(exp2)
UNARY(expm1)
UNARY(log)
UNARY(log2)
UNARY(log10)
UNARY(log1p)
UNARY(sin)
UNARY(cos)
UNARY(atan)
UNARY(tanh)
UNARY(erf)
BINARY(pow)
BINARY(atan2)

static const struct {
  const char* name;
  unary_loop ours;
  float (*libm)(float);
} unary[] = {
    {"exp", ours_exp, expf},       {"exp2", ours_exp2, exp2f}, {"expm1", ours_expm1, expm1f},
    {"log", ours_log, logf},       {"log2", ours_log2, log2f}, {"log10", ours_log10, log10f},
    {"log1p", ours_log1p, log1pf}, {"sin", ours_sin, sinf},    {"cos", ours_cos, cosf},
    {"atan", ours_atan, atanf},    {"tanh", ours_tanh, tanhf}, {"erf", ours_erf, erff},
};

static const struct {
  const char* name;
  binary_loop ours;
  float (*libm)(float, float);
} binary[] = {{"pow", ours_pow, powf}, {"atan2", ours_atan2, atan2f}};

static uint64_t differ, shown, digest;
static int is_digest;
static float left[BLOCK], right[BLOCK], found[BLOCK], wanted[BLOCK];

static int is_nan(float value) { return value != value; }

/* Of two NaN operands either may be the result's. */
static void compare(int operands) {
  for (int i = 0; i < BLOCK; ++i) {
    const uint32_t a = vm_float_bits(found[i]), b = vm_float_bits(wanted[i]);
    if (a == b) continue;
    if (operands == 2 && is_nan(left[i]) && is_nan(right[i]) && is_nan(found[i]) && is_nan(wanted[i]))
      continue;
    if (++differ > shown) continue;
    if (operands == 1)
      printf("%08x ours %08x libm %08x\n", vm_float_bits(left[i]), a, b);
    else
      printf("%08x %08x ours %08x libm %08x\n", vm_float_bits(left[i]), vm_float_bits(right[i]), a, b);
  }
}

/* FNV-1a of the results' bits; all NaN are one. */
static void digest_results(void) {
  for (int i = 0; i < BLOCK; ++i)
    digest = (digest ^ (is_nan(found[i]) ? 0x7FC00000u : vm_float_bits(found[i]))) * UINT64_C(0x100000001B3);
}

static void compare_unary(unary_loop ours, float (*volatile libm)(float), uint64_t first, uint64_t count,
                          uint64_t step) {
  for (uint64_t block = 0; block < count; block += BLOCK) {
    for (int i = 0; i < BLOCK; ++i) left[i] = vm_float_of((uint32_t)(first + (block + (uint64_t)i) * step));
    ours(left, found);
    if (is_digest) {
      digest_results();
      continue;
    }
    for (int i = 0; i < BLOCK; ++i) wanted[i] = libm(left[i]);
    compare(1);
  }
}

static uint64_t state;
static uint64_t random_bits(void) { /* splitmix64 */
  uint64_t z = (state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

static const uint32_t edges[] = {
    0x00000000, 0x00000001, 0x00000002, 0x007FFFFF, 0x00800000, 0x00800001, 0x01000000, 0x24800000,
    0x31000000, 0x33000000, 0x34000000, 0x3E800000, 0x3EAAAAAB, 0x3F000000, 0x3F000001, 0x3F330000,
    0x3F7FFFFF, 0x3F800000, 0x3F800001, 0x3FC00000, 0x40000000, 0x40400000, 0x40490FDB, 0x40800000,
    0x40A00000, 0x41200000, 0x42FE0000, 0x43000000, 0x43160000, 0x4B000000, 0x4B000001, 0x4B7FFFFF,
    0x4B800000, 0x4B800001, 0x4C000000, 0x4F000000, 0x5F000000, 0x7F000000, 0x7F7FFFFF, 0x7F800000,
    0x7F800001, 0x7FA00000, 0x7FC00000, 0x7FFFFFFF,
};
enum { EDGES = 2 * (int)(sizeof edges / sizeof *edges) };
static float edge(uint64_t n) { return vm_float_of(edges[n / 2 % (EDGES / 2)] | (uint32_t)(n % 2) << 31); }

/* A pair of any bits, or one whose power is a number: y such that y log2(x) is within 160 of 0. */
static void draw(int i) {
  const uint64_t bits = random_bits(), more = random_bits();
  left[i] = vm_float_of((uint32_t)bits);
  right[i] = vm_float_of((uint32_t)(bits >> 32));
  if (more % 8 == 0) return;
  if (more % 8 == 1) right[i] = (float)((int32_t)(bits >> 32) >> (more >> 8) % 32); /* whole numbers */
  if (more % 8 == 2) right[i] = edge(more >> 8);
  if (more % 8 == 3) left[i] = edge(more >> 8);
  if (more % 8 < 4) return;
  left[i] = vm_float_of((uint32_t)bits & 0x7FFFFFFF);
  const double logarithm = log2((double)left[i]);
  const double wanted_exponent = ((double)(bits >> 32) * 0x1p-32 - 0.5) * 320.0;
  right[i] = (float)(wanted_exponent / logarithm);
  if (more % 8 == 4)
    right[i] = vm_float_of(vm_float_bits(left[i]) + (uint32_t)(more >> 40)); /* near each other */
}

static void compare_binary(binary_loop ours, float (*volatile libm)(float, float), uint64_t seed,
                           uint64_t count) {
  state = seed;
  const uint64_t pairs = (uint64_t)EDGES * EDGES;
  for (uint64_t block = 0; block < pairs + count; block += BLOCK) {
    for (int i = 0; i < BLOCK; ++i) {
      const uint64_t n = block + (uint64_t)i;
      if (n < pairs)
        left[i] = edge(n / EDGES), right[i] = edge(n % EDGES);
      else
        draw(i);
    }
    ours(left, right, found);
    if (is_digest) {
      digest_results();
      continue;
    }
    for (int i = 0; i < BLOCK; ++i) wanted[i] = libm(left[i], right[i]);
    compare(2);
  }
}

static int run(const char* name, uint64_t first, uint64_t count, uint64_t step) {
  for (size_t n = 0; n < sizeof unary / sizeof *unary; ++n) {
    if (strcmp(name, unary[n].name)) continue;
    compare_unary(unary[n].ours, unary[n].libm, first, count, step);
    return 1;
  }
  for (size_t n = 0; n < sizeof binary / sizeof *binary; ++n) {
    if (strcmp(name, binary[n].name)) continue;
    compare_binary(binary[n].ours, binary[n].libm, first, count);
    return 1;
  }
  return 0;
}

/* For callers from outside: how many of COUNT inputs differ; -1 where there is no such function. */
VM_EXPORT int64_t transpile_libm_differ(const char* name, uint64_t first, uint64_t count, uint64_t step);
int64_t transpile_libm_differ(const char* name, uint64_t first, uint64_t count, uint64_t step) {
  differ = 0;
  return run(name, first, count, step) ? (int64_t)differ : -1;
}

static void flush_denormals(void) {
#if defined(__SSE2__)
  vm_float_mode_set(vm_float_mode() | 0x8040);
#elif defined(__aarch64__)
  vm_float_mode_set(vm_float_mode() | 1u << 24);
#endif
}

int main(int argc, char** argv) {
  is_digest = argc > 1 && !strcmp(argv[1], "digest");
  if (argc < (is_digest ? 7 : 8)) return 2;
  shown = is_digest ? 0 : strtoull(argv[7], NULL, 0);
  if (atoi(argv[3])) flush_denormals();
  if (!run(argv[2], strtoull(argv[4], NULL, 0), strtoull(argv[5], NULL, 0), strtoull(argv[6], NULL, 0)))
    return 2;
  if (is_digest)
    printf("%016llx\n", (unsigned long long)digest);
  else
    printf("differ %llu\n", (unsigned long long)differ);
  return 0;
}
