/* SPDX-License-Identifier: Apache-2.0 */
/* Exponentials of f32 and what is made of them. */
#ifndef VM_F32_EXP_H
#define VM_F32_EXP_H

#include "f32_base.h"

/* clang-format off */

/* 2^(i/32) as the bits of a double, less i << 47: adding k << 47 for k = 32 e + i makes 2^(k/32). */
static const uint64_t vm_exp2_table[32] VM_UNUSED = {
    0x3FF0000000000000, 0x3FEFD9B0D3158574, 0x3FEFB5586CF9890F, 0x3FEF9301D0125B51,
    0x3FEF72B83C7D517B, 0x3FEF54873168B9AA, 0x3FEF387A6E756238, 0x3FEF1E9DF51FDEE1,
    0x3FEF06FE0A31B715, 0x3FEEF1A7373AA9CB, 0x3FEEDEA64C123422, 0x3FEECE086061892D,
    0x3FEEBFDAD5362A27, 0x3FEEB42B569D4F82, 0x3FEEAB07DD485429, 0x3FEEA47EB03A5585,
    0x3FEEA09E667F3BCD, 0x3FEE9F75E8EC5F74, 0x3FEEA11473EB0187, 0x3FEEA589994CCE13,
    0x3FEEACE5422AA0DB, 0x3FEEB737B0CDC5E5, 0x3FEEC49182A3F090, 0x3FEED503B23E255D,
    0x3FEEE89F995AD3AD, 0x3FEEFF76F2FB5E47, 0x3FEF199BDD85529C, 0x3FEF3720DCEF9069,
    0x3FEF5818DCFBA487, 0x3FEF7C97337B9B5F, 0x3FEFA4AFA2A490DA, 0x3FEFD0765B6E4540,
};

/* 2^(k/32) * p(rest): `k` counts modulo 2^12 and more; `cubic` to `linear` are p's coefficients, whose constant is 1. */
VM_INLINE double vm_exp2_of(int once, uint64_t k, double rest, double cubic, double square, double linear) {
  const double scale = vm_double_of(vm_exp2_table[k & 31] + (k << 47));
  const double high = vm_fused_if(once, cubic, rest, square);
  const double low = vm_fused_if(once, linear, rest, 1.0);
  return vm_fused_if(once, high, rest * rest, low) * scale;
}

/* The whole number in the low bits of 1.5 * 2^52 + k, as a number. (k + c) - c is not used where compilers may
 * reassociate. */
VM_INLINE double vm_exp2_whole(double shifted, double shift) {
#if VM_RELAXED
  return (double)(int32_t)(uint32_t)vm_double_bits(shifted) * (shift * 0x1p-52 / 1.5);
#else
  return shifted - shift;
#endif
}

VM_INLINE float vm_f32_exp_main(float x) {
  const double wide = (double)x, scale = 0x1.71547652b82fep+5, shift = 0x1.8p+52;
  const double shifted = vm_fused(scale, wide, shift);
  const double rest = vm_fused(scale, wide, -vm_exp2_whole(shifted, shift));
  return (float)vm_exp2_of(VM_FUSES, vm_double_bits(shifted), rest, 0x1.c6af84b912394p-20, 0x1.ebfce50fac4f3p-13, 0x1.62e42ff0c52d6p-6);
}

VM_INLINE float vm_f32_exp(float x) {
  float result = vm_f32_exp_main(x);
#if !VM_FUSES
  const uint32_t bits = vm_float_bits(x);
  result = vm_f32_moved(result, (bits == 0x4202422Fu) + (bits == 0xC27C65D9u), 0);
#endif
  result = VM_PICK_F32(x > 0x1.62e42ep6f, vm_float_of(VM_INF), result);
  result = VM_PICK_F32(x < -0x1.9fe368p6f, 0.0f, result);
  return VM_PICK_F32(x != x, x + x, result);
}

VM_INLINE float vm_f32_exp2(float x) {
  const double wide = (double)x, shift = 0x1.8p+47;
  const double shifted = wide + shift;
  const double rest = wide - vm_exp2_whole(shifted, shift);
  float result = (float)vm_exp2_of(VM_FUSES, vm_double_bits(shifted), rest, 0x1.c6af84b912394p-5, 0x1.ebfce50fac4f3p-3, 0x1.62e42ff0c52d6p-1);
  result = VM_PICK_F32(x >= 128.0f, vm_float_of(VM_INF), result);
  result = VM_PICK_F32(x <= -150.0f, 0.0f, result);
  return VM_PICK_F32(x != x, x + x, result);
}

/* exp(x) - 1 for |x| below about 88.7: x = k ln 2 + r, ln 2 in two parts, and a rational approximation at r. */
VM_INLINE float vm_f32_expm1_main(float x) {
  const uint32_t bits = vm_float_bits(x), magnitude = bits & ~VM_SIGN;
  const int32_t nearest = (int32_t)(1.4426950216e+00f * x + vm_f32_with_sign(0.5f, bits));
  const int32_t one = 1 - (int32_t)(bits >> 31 << 1);
  const uint32_t some = VM_PICK_U32(magnitude < 0x3F851592u, (uint32_t)one, (uint32_t)nearest);
  const int32_t k = (int32_t)VM_PICK_U32(magnitude <= 0x3EB17218u, 0u, some);
  const float turns = (float)k;
  const float high = x - turns * 6.9313812256e-01f;
  const float low = turns * 9.0580006145e-06f;
  const float rest = high - low;
  const float lost = (high - rest) - low;

  const float half_rest = 0.5f * rest;
  const float square = rest * half_rest;
  const float r1 = 1.0f + square * (-3.3333335072e-02f + square * (1.5873016091e-03f + square * (-7.9365076090e-05f +
                   square * (4.0082177293e-06f + square * -2.0109921195e-07f))));
  const float t = 3.0f - r1 * half_rest;
  const float ratio = square * ((r1 - t) / (6.0f - rest * t));
  const float e = (rest * (ratio - lost) - lost) - square;
  const float difference = e - rest;

  /* exp(r) - 1 = -difference. 2^k (1 - difference) - 1, the 1 taken off before the scaling where that is exact. */
  const uint32_t shift = (uint32_t)k << 23;
  const float power = vm_float_of(0x3F800000u - shift);
  const float before = VM_PICK_F32((uint32_t)k - 1u < 22u, 1.0f - power, 1.0f);
  const float scaled = vm_float_of(vm_float_bits(before - difference) + shift);
  const float late = vm_float_of(vm_float_bits((rest - (e + power)) + 1.0f) + shift);

  const float twice = VM_PICK_F32(rest < -0.25f, -2.0f * (e - (rest + 0.5f)), 1.0f + 2.0f * (rest - e));
  float result = VM_PICK_F32(k < 23, scaled, late);
  result = VM_PICK_F32((k <= -2) | (k > 56), scaled - 1.0f, result);
  result = VM_PICK_F32(k == 0, rest - e, result);
  result = VM_PICK_F32(k == -1, 0.5f * (rest - e) - 0.5f, result);
  return VM_PICK_F32(k == 1, twice, result);
}

VM_INLINE float vm_f32_expm1(float x) {
  const uint32_t bits = vm_float_bits(x);
  float result = vm_f32_expm1_main(x);
  result = VM_PICK_F32((int32_t)bits >= 0x42B17218, vm_float_of(VM_INF), result);
  result = VM_PICK_F32(bits >= 0xC195B844u, -1.0f, result);
  return VM_PICK_F32(vm_f32_is_nan(bits), x + x, result);
}

/* With t = exp(2|x|) - 1: 1 - 2/(t + 2), or for small x -t/(t + 2) of t = exp(-2|x|) - 1. */
VM_INLINE float vm_f32_tanh(float x) {
  const uint32_t bits = vm_float_bits(x), magnitude = bits & ~VM_SIGN;
  const int is_large = magnitude >= 0x3F800000u;
  const float size = vm_float_of(magnitude);
  const float t = vm_f32_expm1_main(VM_PICK_F32(is_large, 2.0f, -2.0f) * size);
  const float ratio = VM_PICK_F32(is_large, 2.0f, -t) / (t + 2.0f);
  float result = VM_PICK_F32(is_large, 1.0f - ratio, ratio);
  result = VM_PICK_F32(magnitude >= 0x41B00000u, 1.0f, result);
  return VM_PICK_F32(vm_f32_is_nan(bits), x + x, vm_f32_with_sign(result, bits));
}

VM_INLINE float vm_f32_erf_small(float x) {
  const float z = x * x;
  const float r = 1.2837916613e-01f + z * (-3.2504209876e-01f + z * (-2.8481749818e-02f + z * (-5.7702702470e-03f + z * -2.3763017452e-05f)));
  const float s = 1.0f + z * (3.9791721106e-01f + z * (6.5022252500e-02f + z * (5.0813062117e-03f + z * (1.3249473704e-04f + z * -3.9602282413e-06f))));
  return x + x * (r / s);
}

VM_INLINE float vm_f32_erf_middle(float x) {
  const float s = x - 1.0f;
  const float p = -2.3621185683e-03f + s * (4.1485610604e-01f + s * (-3.7220788002e-01f + s * (3.1834661961e-01f +
                  s * (-1.1089469492e-01f + s * (3.5478305072e-02f + s * -2.1663755178e-03f)))));
  const float q = 1.0f + s * (1.0642088205e-01f + s * (5.4039794207e-01f + s * (7.1828655899e-02f +
                  s * (1.2617121637e-01f + s * (1.3637083583e-02f + s * 1.1984500103e-02f)))));
  return 8.4506291151e-01f + p / q;
}

/* 1 - exp(-x^2 - 0.5625 + p/q) / x, with x^2 in two parts. Below 1/0.35 and above the polynomials are others. */
VM_INLINE float vm_f32_erf_tail(float x) {
  const float s = 1.0f / (x * x);
  const int is_near = vm_float_bits(x) < 0x4036DB6Eu;
  const float p_near = -9.8649440333e-03f + s * (-6.9385856390e-01f + s * (-1.0558626175e+01f + s * (-6.2375331879e+01f +
                       s * (-1.6239666748e+02f + s * (-1.8460508728e+02f + s * (-8.1287437439e+01f + s * -9.8143291473e+00f))))));
  const float q_near = 1.0f + s * (1.9651271820e+01f + s * (1.3765776062e+02f + s * (4.3456588745e+02f + s * (6.4538726807e+02f +
                       s * (4.2900814819e+02f + s * (1.0863500214e+02f + s * (6.5702495575e+00f + s * -6.0424413532e-02f)))))));
  const float p_far = -9.8649431020e-03f + s * (-7.9928326607e-01f + s * (-1.7757955551e+01f + s * (-1.6063638306e+02f +
                      s * (-6.3756646729e+02f + s * (-1.0250950928e+03f + s * -4.8351919556e+02f)))));
  const float q_far = 1.0f + s * (3.0338060379e+01f + s * (3.2579251099e+02f + s * (1.5367296143e+03f + s * (3.1998581543e+03f +
                      s * (2.5530502930e+03f + s * (4.7452853394e+02f + s * -2.2440952301e+01f))))));
  const float ratio = VM_PICK_F32(is_near, p_near, p_far) / VM_PICK_F32(is_near, q_near, q_far);
  const float z = vm_float_of(vm_float_bits(x) & 0xFFFFF000u);
  const float r = vm_f32_exp_main(-z * z - 0.5625f) * vm_f32_exp_main((z - x) * (z + x) + ratio);
  return 1.0f - r / x;
}

VM_INLINE float vm_f32_erf(float x) {
  const uint32_t bits = vm_float_bits(x), magnitude = bits & ~VM_SIGN;
  const float size = vm_float_of(magnitude);
  float result = VM_PICK_F32(magnitude < 0x3FA00000u, vm_f32_erf_middle(size), vm_f32_erf_tail(size));
  result = VM_PICK_F32(magnitude < 0x3F580000u, vm_f32_erf_small(size), result);
  result = VM_PICK_F32(magnitude < 0x04000000u, 0.0625f * (16.0f * size + (16.0f * 1.2837916613e-01f) * size), result);
  result = VM_PICK_F32(magnitude >= 0x40C00000u, 1.0f, result);
  return VM_PICK_F32(vm_f32_is_nan(bits), x + x, vm_f32_with_sign(result, bits));
}

/* clang-format on */

#endif
