/* SPDX-License-Identifier: Apache-2.0 */
/* Powers of f32. */
#ifndef VM_F32_POW_H
#define VM_F32_POW_H

#include "f32_exp.h"
#include "f32_log.h"

/* clang-format off */

/* y * log2(x) of a positive x, as its bits. */
VM_INLINE double vm_pow_exponent(int once, uint32_t x, float y) {
  const vm_log_parts parts = vm_log_split(x);
  const double r = vm_fused_if(once, parts.value, vm_log_inverse[parts.index], -1.0);
  const double start = vm_log2_table[parts.index] + (double)parts.exponent;
  const double r2 = r * r;
  const double high = vm_fused_if(once, 0x1.27616c9496e0bp-2, r, -0x1.71969a075c67ap-2);
  const double middle = vm_fused_if(once, 0x1.ec70a6ca7baddp-2, r, -0x1.7154748bef6c8p-1);
  const double low = vm_fused_if(once, 0x1.71547652ab82bp0, r, start);
  return (double)y * vm_fused_if(once, high, r2 * r2, vm_fused_if(once, middle, r2, low));
}

/* 2^exponent, |exponent| below about 1000; `rest` is what is left of it beside a multiple of 1/32. */
VM_INLINE double vm_pow_power(int once, double exponent, double* rest) {
  const double shift = 0x1.8p+47;
  const double shifted = exponent + shift;
  *rest = exponent - vm_exp2_whole(shifted, shift);
  return vm_exp2_of(once, vm_double_bits(shifted), *rest, 0x1.c6af84b912394p-5, 0x1.ebfce50fac4f3p-3, 0x1.62e42ff0c52d6p-1);
}

VM_INLINE float vm_pow_round(double exponent, double power) {
  const float result = VM_PICK_F32(exponent > 0x1.fffffffd1d571p+6, vm_float_of(VM_INF), (float)power);
  return VM_PICK_F32(exponent <= -150.0, 0.0f, result);
}

/* x^y of a positive x, as its bits. Without fused products it is computed with two roundings, and again by the C library's
 * fma() where these might make a difference: near the middle of two results and of two multiples of 1/32. */
VM_INLINE float vm_f32_pow_main(uint32_t x, float y) {
  double rest;
  const double exponent = vm_pow_exponent(VM_FUSES, x, y);
  const double power = vm_pow_power(VM_FUSES, exponent, &rest);
#if !VM_FUSES
  const double margin = 0x1p-38;
  const int differs = (float)(power * (1.0 - margin)) != (float)(power * (1.0 + margin)) || fabs(rest) > 0x1p-6 - margin;
  if (VM_UNLIKELY(differs)) {
    const double once = vm_pow_exponent(1, x, y);
    return vm_pow_round(once, vm_pow_power(1, once, &rest));
  }
#endif
  return vm_pow_round(exponent, power);
}

VM_INLINE int vm_f32_is_signalling(uint32_t bits) { return vm_f32_is_nan(bits) & ((bits & 0x00400000u) == 0); }

VM_INLINE float vm_f32_pow(float x, float y) {
  const uint32_t x_bits = vm_float_bits(x), x_size = x_bits & ~VM_SIGN;
  const uint32_t y_bits = vm_float_bits(y), y_size = y_bits & ~VM_SIGN;
#if !VM_F32_LOOPS
  if (VM_LIKELY(x_bits - 0x00800000u < 0x7F000000u && y_size - 1 < VM_INF - 1)) return vm_f32_pow_main(x_bits, y);
#endif
  const uint32_t y_exponent = y_size >> 23;
  const uint32_t one = 1u << ((150u - y_exponent) & 31); /* the bit of y that is worth 1, where it has one */
  const int has_one = (y_exponent >= 127) & (y_exponent <= 150);
  const int ends = (y_bits & (one - 1)) == 0;
  const int is_odd = has_one & ((y_bits & one) != 0) & ends;
  const int is_whole = (y_exponent > 150) | (has_one & ends);
  const int is_down = (y_bits & VM_SIGN) != 0;
  const uint32_t sign = VM_PICK_U32(is_odd, x_bits & VM_SIGN, 0u);

  float result = vm_f32_pow_main(vm_log_bits(vm_float_of(x_size)), y);
  result = VM_PICK_F32(x_size == 0, VM_PICK_F32(is_down, vm_float_of(VM_INF), 0.0f), result);
  result = VM_PICK_F32(x_size == VM_INF, VM_PICK_F32(is_down, 0.0f, vm_float_of(VM_INF)), result);
  result = vm_float_of(vm_float_bits(result) | sign);
  result = VM_PICK_F32((x_bits > VM_SIGN) & (x_size < VM_INF) & !is_whole, vm_f32_invalid(), result);
  result = VM_PICK_F32(x_size > VM_INF, vm_float_of(vm_float_bits(x + x) ^ sign), result);

  /* y is infinite, a NaN or 0. */
  const float infinite = VM_PICK_F32((x_size > 0x3F800000u) ^ is_down, vm_float_of(VM_INF), 0.0f);
  result = VM_PICK_F32(y_size == VM_INF, VM_PICK_F32(x_size == 0x3F800000u, 1.0f, infinite), result);
  result = VM_PICK_F32((y_size > VM_INF) | ((y_size == VM_INF) & (x_size > VM_INF)), x + y, result);
  result = VM_PICK_F32((x_bits == 0x3F800000u) & !vm_f32_is_signalling(y_bits), 1.0f, result);
  return VM_PICK_F32((y_size == 0) & !vm_f32_is_signalling(x_bits), 1.0f, result);
}

/* clang-format on */

#endif
