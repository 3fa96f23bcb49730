/* SPDX-License-Identifier: Apache-2.0 */
/* Sine, cosine and arc tangents of f32. */
#ifndef VM_F32_TRIG_H
#define VM_F32_TRIG_H

#include "f32_base.h"

/* clang-format off */

/* 32 bits of 4/pi from bit 8 i - 24 on, for numbers too large for one product. */
static const uint32_t vm_inverse_pi[24] VM_UNUSED = {
    0xA2, 0xA2F9, 0xA2F983, 0xA2F9836E, 0xF9836E4E, 0x836E4E44, 0x6E4E4415, 0x4E441529,
    0x441529FC, 0x1529FC27, 0x29FC2757, 0xFC2757D1, 0x2757D1F5, 0x57D1F534, 0xD1F534DD, 0xF534DDC0,
    0x34DDC0DB, 0xDDC0DB62, 0xC0DB6295, 0xDB629599, 0x6295993C, 0x95993C43, 0x993C4390, 0x3C439041,
};

/* A signed integer of 64 bits, rounded once: its halves are exact, and vectors know how. */
VM_INLINE double vm_trig_double(uint64_t value) {
  return (double)(int32_t)(uint32_t)(value >> 32) * 0x1p32 + ((double)(int32_t)((uint32_t)value ^ VM_SIGN) + 0x1p31);
}

/* x = quadrant * pi/2 + rest. Of |x| from 120 on: 24 bits of x times 96 of 4/pi. */
VM_INLINE uint32_t vm_trig_large(uint32_t bits, double* rest) {
  const uint32_t place = (bits >> 26) & 15;
  const uint32_t digits = (uint32_t)(int32_t)vm_float_of((bits & 0x03FFFFFFu) + (150u << 23)); /* x as 1.m, shifted */
  const uint32_t high = digits * vm_inverse_pi[place];
  const uint64_t middle = (uint64_t)digits * vm_inverse_pi[place + 4];
  const uint64_t low = (uint64_t)digits * vm_inverse_pi[place + 8];
  const uint64_t product = ((uint64_t)high << 32 | low >> 32) + middle;
  const uint64_t quadrant = (product + (UINT64_C(1) << 61)) >> 62;
  *rest = vm_trig_double(product - (quadrant << 62)) * 0x1.921FB54442D18p-62;
  return (uint32_t)quadrant;
}

VM_INLINE uint32_t vm_trig_small(float x, double* rest) {
  const int32_t quadrant = ((int32_t)((double)x * 0x1.45F306DC9C883p+23) + 0x800000) >> 24;
  *rest = vm_fused(-(double)quadrant, 0x1.921FB54442D18p0, (double)x);
  return (uint32_t)quadrant;
}

/* The large ones' quadrant is that of |x|: `turn` are the quadrants to add where x is negative. */
VM_INLINE uint32_t vm_trig_reduce(float x, uint32_t turn, double* rest) {
  const uint32_t bits = vm_float_bits(x);
#if VM_F32_LOOPS
  double small, large;
  const int is_large = (bits & ~VM_SIGN) >= 0x42F00000u;
  const uint32_t quadrant = VM_PICK_U32(is_large, vm_trig_large(bits, &large) + (bits >> 31) * turn, vm_trig_small(x, &small));
  *rest = VM_PICK_F64(is_large, large, small);
  return quadrant;
#else
  return (bits & ~VM_SIGN) >= 0x42F00000u ? vm_trig_large(bits, rest) + (bits >> 31) * turn : vm_trig_small(x, rest);
#endif
}

/* sin(rest), or cos(rest) in odd quadrants, with the sign of the quadrant. */
VM_INLINE float vm_trig_of(uint32_t quadrant, double rest) {
  const double x2 = rest * rest;
  const int is_cosine = (int32_t)(quadrant << 31) < 0; /* odd, said so that compilers see a comparison */
  const double base = VM_PICK_F64(is_cosine, vm_fused(-0x1.ffffffd0c621cp-2, x2, 1.0), rest);
  const double power = VM_PICK_F64(is_cosine, x2, rest) * x2;
  const double first = VM_PICK_F64(is_cosine, 0x1.55553e1068f19p-5, -0x1.555545995a603p-3);
  const double second = VM_PICK_F64(is_cosine, -0x1.6c087e89a359dp-10, 0x1.1107605230bc4p-7);
  const double third = VM_PICK_F64(is_cosine, 0x1.99343027bf8c3p-16, -0x1.994eb3774cf24p-13);
  const double high = vm_fused(third, x2, second);
  const float result = (float)vm_fused(high, power * x2, vm_fused(power, first, base));
  return vm_float_of(vm_float_bits(result) ^ (quadrant & 2) << 30);
}

VM_INLINE float vm_f32_sin(float x) {
  const uint32_t bits = vm_float_bits(x), magnitude = bits & ~VM_SIGN;
  double rest;
  const uint32_t quadrant = vm_trig_reduce(x, 2, &rest);
  float result = vm_trig_of(quadrant, rest);
#if !VM_FUSES
  const int further = (magnitude == 0x4255B0A9u) + (magnitude == 0x42A35D44u) + (magnitude == 0x42A97360u) + (magnitude == 0x42E87A55u);
  result = vm_f32_moved(result, further, (magnitude == 0x42A35C07u) + (magnitude == 0x42CF5854u));
#endif
  result = VM_PICK_F32(magnitude < 0x39800000u, x, result);
  result = VM_PICK_F32(magnitude == VM_INF, vm_f32_invalid(), result);
  return VM_PICK_F32(magnitude > VM_INF, x + x, result);
}

VM_INLINE float vm_f32_cos(float x) {
  const uint32_t bits = vm_float_bits(x), magnitude = bits & ~VM_SIGN;
  double rest;
  const uint32_t quadrant = vm_trig_reduce(x, 0, &rest);
  float result = vm_trig_of(quadrant + 1, rest);
#if !VM_FUSES
  const int further = (magnitude - 0x418A3ADBu < 4) + (magnitude == 0x41BC76D9u) + (magnitude == 0x42687A55u) +
                      (magnitude == 0x4280CE28u) + (magnitude == 0x42870E40u) + (magnitude == 0x42D8D23Eu);
  result = vm_f32_moved(result, further, (magnitude == 0x4202EB4Bu) + (magnitude == 0x42C55FAAu));
#endif
  result = VM_PICK_F32(magnitude == VM_INF, vm_f32_invalid(), result);
  return VM_PICK_F32(magnitude > VM_INF, x + x, result);
}

/* atan(x) = atan(c) + atan((x - c)/(1 + c x)) for c of 0, 0.5, 1, 1.5 and infinity; atan(c) in two parts. */
VM_INLINE float vm_f32_atan(float x) {
  const uint32_t bits = vm_float_bits(x), magnitude = bits & ~VM_SIGN;
  const float size = vm_float_of(magnitude);
  const int is_0 = magnitude < 0x3EE00000u, is_half = magnitude < 0x3F300000u;
  const int is_1 = magnitude < 0x3F980000u, is_more = magnitude < 0x401C0000u;
#define VM_OF_5(at_0, at_half, at_1, at_more, at_inf) \
  VM_PICK_F32(is_0, at_0, VM_PICK_F32(is_half, at_half, VM_PICK_F32(is_1, at_1, VM_PICK_F32(is_more, at_more, at_inf))))
  const float above = VM_OF_5(size, 2.0f * size - 1.0f, size - 1.0f, size - 1.5f, -1.0f);
  const float below = VM_OF_5(1.0f, 2.0f + size, size + 1.0f, 1.0f + 1.5f * size, size);
  const float high = VM_OF_5(0.0f, 4.6364760399e-01f, 7.8539812565e-01f, 9.8279368877e-01f, 1.5707962513e+00f);
  const float low = VM_OF_5(0.0f, 5.0121582440e-09f, 3.7748947079e-08f, 3.4473217170e-08f, 7.5497894159e-08f);
#undef VM_OF_5
  const float rest = above / below;
  const float z = rest * rest;
  const float w = z * z;
  const float even = z * (3.3333334327e-01f + w * (1.4285714924e-01f + w * (9.0908870101e-02f + w * (6.6610731184e-02f +
                     w * (4.9768779427e-02f + w * 1.6285819933e-02f)))));
  const float odd = w * (-2.0000000298e-01f + w * (-1.1111110449e-01f + w * (-7.6918758452e-02f + w * (-5.8335702866e-02f +
                    w * -3.6531571299e-02f))));
  float result = high - ((rest * (even + odd) - low) - rest);
  result = VM_PICK_F32(magnitude < 0x31000000u, size, result);
  result = VM_PICK_F32(magnitude >= 0x4C000000u, vm_float_of(0x3FC90FDBu), result);
  return VM_PICK_F32(magnitude > VM_INF, x + x, vm_f32_with_sign(result, bits));
}

/* The angle of the point (x, y): atan(|y/x|), moved into its quadrant. */
VM_INLINE float vm_f32_atan2(float y, float x) {
  const uint32_t y_bits = vm_float_bits(y), x_bits = vm_float_bits(x);
  const uint32_t y_size = y_bits & ~VM_SIGN, x_size = x_bits & ~VM_SIGN;
  const int is_left = (x_bits & VM_SIGN) != 0;
  const int32_t scale = ((int32_t)y_size - (int32_t)x_size) >> 23;
  const float ratio = y / x;
  float angle = vm_f32_atan(vm_float_of(vm_float_bits(ratio) & ~VM_SIGN));
  angle = VM_PICK_F32(is_left & (scale < -60), 0.0f, angle);
  angle = VM_PICK_F32(scale > 60, vm_float_of(0x3FC90FDBu), angle);
  const float turned = angle - -8.7422776573e-08f;
  const float left = VM_PICK_F32((y_bits & VM_SIGN) != 0, turned - 3.1415927410e+00f, 3.1415927410e+00f - turned);
  float result = VM_PICK_F32(is_left, left, vm_float_of(vm_float_bits(angle) ^ (y_bits & VM_SIGN)));

  /* On the axes, and at infinity. */
  const float flat = VM_PICK_F32(is_left, 3.1415927410e+00f, 0.0f);
  const float slope = VM_PICK_F32(is_left, 3.0f * 7.8539818525e-01f, 7.8539818525e-01f);
  float edge = VM_PICK_F32(x_size == VM_INF, VM_PICK_F32(y_size == VM_INF, slope, flat), 1.5707963705e+00f);
  edge = VM_PICK_F32(y_size == 0, flat, edge);
  const int is_edge = (x_size == VM_INF) | (y_size == VM_INF) | (x_size == 0) | (y_size == 0);
  result = VM_PICK_F32(is_edge, vm_f32_with_sign(edge, y_bits), result);
  result = VM_PICK_F32((x_bits == 0x3F800000u) & (y_size < 0x00800000u), y, result);
  return VM_PICK_F32((x_size > VM_INF) | (y_size > VM_INF), x + y, result);
}

/* clang-format on */

#endif
