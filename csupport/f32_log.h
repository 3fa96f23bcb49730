/* SPDX-License-Identifier: Apache-2.0 */
/* Logarithms of f32. */
#ifndef VM_F32_LOG_H
#define VM_F32_LOG_H

#include "f32_base.h"

/* clang-format off */

/* For 16 intervals of [0.6992, 1.3984): 1/c of a number c near the middle, and log(c), log2(c). pow has them too. */
static const double vm_log_inverse[16] VM_UNUSED = {
    0x1.661ec79f8f3bep+0, 0x1.571ed4aaf883dp+0, 0x1.49539f0f010bp+0, 0x1.3c995b0b80385p+0,
    0x1.30d190c8864a5p+0, 0x1.25e227b0b8eap+0, 0x1.1bb4a4a1a343fp+0, 0x1.12358f08ae5bap+0,
    0x1.0953f419900a7p+0, 0x1p+0, 0x1.e608cfd9a47acp-1, 0x1.ca4b31f026aap-1,
    0x1.b2036576afce6p-1, 0x1.9c2d163a1aa2dp-1, 0x1.886e6037841edp-1, 0x1.767dcf5534862p-1,
};
static const double vm_log_table[16] VM_UNUSED = {
    -0x1.57bf7808caadep-2, -0x1.2bef0a7c06ddbp-2, -0x1.01eae7f513a67p-2, -0x1.b31d8a68224e9p-3,
    -0x1.6574f0ac07758p-3, -0x1.1aa2bc79c81p-3, -0x1.a4e76ce8c0e5ep-4, -0x1.1973c5a611cccp-4,
    -0x1.252f438e10c1ep-5, 0x0p+0, 0x1.aa5aa5df25984p-5, 0x1.c5e53aa362eb4p-4,
    0x1.526e57720db08p-3, 0x1.bc2860d22477p-3, 0x1.1058bc8a07ee1p-2, 0x1.4043057b6ee09p-2,
};
static const double vm_log2_table[16] VM_UNUSED = {
    -0x1.efec65b963019p-2, -0x1.b0b6832d4fca4p-2, -0x1.7418b0a1fb77bp-2, -0x1.39de91a6dcf7bp-2,
    -0x1.01d9bf3f2b631p-2, -0x1.97c1d1b3b7afp-3, -0x1.2f9e393af3c9fp-3, -0x1.960cbbf788d5cp-4,
    -0x1.a6f9db6475fcep-5, 0x0p+0, 0x1.338ca9f24f53dp-4, 0x1.476a9543891bap-3,
    0x1.e840b4ac4e4d2p-3, 0x1.40645f0c6651cp-2, 0x1.88e9c2c1b9ff8p-2, 0x1.ce0a44eb17bccp-2,
};

/* A positive number as 2^exponent * value, which is in the interval `index`. `bits` are its bits, with an exponent below
 * 0 where it was denormal. */
typedef struct vm_log_parts {
  int32_t exponent;
  uint64_t index;
  double value;
} vm_log_parts;

VM_INLINE vm_log_parts vm_log_split(uint32_t bits) {
  vm_log_parts parts;
  const uint32_t offset = bits - 0x3F330000u;
  parts.index = (offset >> 19) & 15;
  parts.exponent = (int32_t)offset >> 23;
  parts.value = (double)vm_float_of(bits - (offset & 0xFF800000u));
  return parts;
}

/* The bits to split: a denormal is made normal first. (Where they are flushed it is 0 by then, and the result glibc's.) */
VM_INLINE uint32_t vm_log_bits(float x) {
  const uint32_t bits = vm_float_bits(x);
  return VM_PICK_U32(bits < 0x00800000u, vm_float_bits(x * 0x1p23f) - (23u << 23), bits);
}

/* A logarithm of any number, given the one of positive numbers, the NaN of negative ones, and what counts as 0. */
VM_INLINE float vm_log_edges(float x, float result, float invalid, int is_zero) {
  const uint32_t bits = vm_float_bits(x);
  result = VM_PICK_F32(bits > VM_SIGN, invalid, result);
  result = VM_PICK_F32(is_zero, vm_float_of(VM_SIGN | VM_INF), result);
  return VM_PICK_F32(vm_f32_is_nan(bits) | (bits == VM_INF), x + x, result);
}

VM_INLINE float vm_f32_log_main(uint32_t bits) {
  const vm_log_parts parts = vm_log_split(bits);
  const double r = vm_fused(parts.value, vm_log_inverse[parts.index], -1.0);
  const double start = vm_fused((double)parts.exponent, 0x1.62e42fefa39efp-1, vm_log_table[parts.index]);
  const double r2 = r * r;
  double sum = vm_fused(0x1.5575b0be00b6ap-2, r, -0x1.ffffef20a4123p-2);
  sum = vm_fused(-0x1.00ea348b88334p-2, r2, sum);
  return (float)vm_fused(sum, r2, start + r);
}

VM_INLINE float vm_f32_log(float x) { return vm_log_edges(x, vm_f32_log_main(vm_log_bits(x)), vm_f32_invalid(), vm_float_bits(x) << 1 == 0); }

VM_INLINE float vm_f32_log2(float x) {
  const vm_log_parts parts = vm_log_split(vm_log_bits(x));
  const double r = vm_fused(parts.value, vm_log_inverse[parts.index], -1.0);
  const double start = vm_log2_table[parts.index] + (double)parts.exponent;
  const double r2 = r * r;
  double sum = vm_fused(0x1.ecabf496832ep-2, r, -0x1.715479ffae3dep-1);
  sum = vm_fused(-0x1.712b6f70a7e4dp-2, r2, sum);
  return vm_log_edges(x, (float)vm_fused(sum, r2, vm_fused(0x1.715475f35c8b8p0, r, start)), vm_f32_invalid(), vm_float_bits(x) << 1 == 0);
}

/* log10(2^k) in two parts, and the logarithm of what is left. In glibc a function stands before it that makes
 * the NaN of negative numbers positive, and compares with 0, which flushed denormals equal. */
VM_INLINE float vm_f32_log10(float x) {
  const uint32_t given = vm_float_bits(x);
  const int is_denormal = given < 0x00800000u;
  const uint32_t bits = VM_PICK_U32(is_denormal, vm_float_bits(x * 0x1p25f), given);
  const int32_t exponent = ((int32_t)bits >> 23) - 127 - 25 * is_denormal;
  const uint32_t below = (uint32_t)exponent >> 31;
  const float whole = (float)(exponent + (int32_t)below);
  const float logarithm = vm_f32_log_main((bits & 0x007FFFFFu) | (0x7Fu - below) << 23);
  const float sum = whole * 7.9034151668e-07f + 4.3429449201e-01f * logarithm;
  return vm_log_edges(x, sum + whole * 3.0102920532e-01f, vm_float_of(0x7FC00000u), x == 0.0f);
}

/* log(1 + x), 1 + x = 2^k (1 + f) with sqrt(1/2) < 1 + f < sqrt(2), and what 1 + x has lost to rounding. */
VM_INLINE float vm_f32_log1p(float x) {
  const uint32_t bits = vm_float_bits(x), magnitude = bits & ~VM_SIGN;
  const int is_small = ((int32_t)bits < 0x3ED413D7) & (bits <= 0xBE95F61Fu);
  const int is_huge = (int32_t)bits >= 0x5A000000;
  const float sum = VM_PICK_F32(is_huge, x, 1.0f + x);
  const uint32_t sum_bits = vm_float_bits(sum);
  const int32_t exponent = ((int32_t)sum_bits >> 23) - 127;
  const float rounded = VM_PICK_F32(exponent > 0, 1.0f - (sum - x), x - (sum - 1.0f)) / sum;
  const uint32_t fraction = sum_bits & 0x007FFFFFu;
  const int is_upper = fraction >= 0x3504F7u;
  const float normal = vm_float_of(fraction | VM_PICK_U32(is_upper, 0x3F000000u, 0x3F800000u));

  const int32_t whole = exponent + is_upper;
  const float k = VM_PICK_F32(is_small, 0.0f, (float)whole);
  const float c = VM_PICK_F32(is_small | is_huge | (whole == 0), 0.0f, rounded);
  const float f = VM_PICK_F32(is_small, x, normal - 1.0f);
  const float half_square = 0.5f * f * f;
  const float s = f / (2.0f + f);
  const float z = s * s;
  const float r = z * (6.6666668653e-01f + z * (4.0000000596e-01f + z * (2.8571429849e-01f + z * (2.2222198546e-01f +
                  z * (1.8183572590e-01f + z * (1.5313838422e-01f + z * 1.4798198640e-01f))))));
  const float low = k * 9.0580006145e-06f + c;
  float result = k * 6.9313812256e-01f - ((half_square - (s * (half_square + r) + low)) - f);

  result = VM_PICK_F32(magnitude < 0x31000000u, x - x * x * 0.5f, result);
  result = VM_PICK_F32(magnitude < 0x24800000u, x, result);
  result = VM_PICK_F32(bits > 0xBF800000u, vm_f32_invalid(), result);
  result = VM_PICK_F32(bits == 0xBF800000u, vm_float_of(VM_SIGN | VM_INF), result);
  return VM_PICK_F32(vm_f32_is_nan(bits) | (bits == VM_INF), x + x, result);
}

/* clang-format on */

#endif
