/* SPDX-License-Identifier: Apache-2.0 */
/* The meaning of every instruction, once.  The interpreter's cases and emitted C both call these functions, so the
 * two cannot disagree.
 *
 * A helper is named by its mnemonic: add.i32 is vm_add_i32.  Operands come in the order of the byte stream: i32,
 * i64, f32 and f64 as the C types, lists and other references as a vm_ref, buffers as a vm_span by value.
 *
 *   pure          Returns the result.  Where a C operator is exactly the meaning, the body is that one expression:
 *                 the emitter reads it from here and prints it in place of the call.
 *   can fail      Takes the instance first and returns a vm_status.  On failure no result is written, nothing has
 *                 changed, and the instance's error holds the message.
 *   references    Operands are borrowed.  A result is owned by the caller; the variable it goes to is overwritten
 *                 without being released.
 *
 *   zero          A first parameter of this name is 0, and the C compiler cannot know it: see vm_opaque_zero.
 *
 * Everything is defined for every input.  Where the interpreter of IREE leaves something to the hardware (division
 * by zero, bounds that wrap) the helper fails instead.
 */
#ifndef VM_OPS_H
#define VM_OPS_H

#include <math.h>
#include <string.h>

#include "vm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */

/* ---- what C compilers must not know -------------------------------------------------------------------- */

/* Dispatches of the module hal flush denormals to zero (HAL_FLUSH_DENORMALS), and C compilers assume that nobody does.
 * Then x > y ? x : y is no maximum (the processor's flushes what it picks), x * 1 is not x, and what equals zero is not
 * always zero. So comparisons see one operand, and arithmetic a constant such as 1, with a zero or'ed to its bits that
 * the compiler does not know: one integer operation, which vectorises. (Not an exclusive or: two of them cancel out.)
 * Where nothing can flush the zero is known, and nothing is left. */
VM_INLINE uint32_t vm_opaque_zero(void) {
  uint32_t zero = 0;
#if VM_OPAQUE
  __asm__("" : "+r"(zero));
#endif
  return zero;
}

VM_INLINE float vm_float_of(uint32_t bits) { float result; memcpy(&result, &bits, sizeof result); return result; }
VM_INLINE double vm_double_of(uint64_t bits) { double result; memcpy(&result, &bits, sizeof result); return result; }
VM_INLINE uint32_t vm_float_bits(float value) { uint32_t bits; memcpy(&bits, &value, sizeof bits); return bits; }
VM_INLINE uint64_t vm_double_bits(double value) { uint64_t bits; memcpy(&bits, &value, sizeof bits); return bits; }

VM_INLINE float vm_opaque_f32(uint32_t zero, float value) { return vm_float_of(vm_float_bits(value) | zero); }
VM_INLINE double vm_opaque_f64(uint32_t zero, double value) { return vm_double_of(vm_double_bits(value) | zero); }

/* What an instruction that flushes would leave of a number that it picks: a denormal equals zero then. */
VM_INLINE float vm_flushed_f32(uint32_t zero, float value) { return value == vm_float_of(zero) ? vm_float_of(vm_float_bits(value) & 0x80000000u) : value; }
VM_INLINE double vm_flushed_f64(uint32_t zero, double value) { return value == vm_double_of(zero) ? vm_double_of(vm_double_bits(value) & UINT64_C(0x8000000000000000)) : value; }

/* ---- integers ------------------------------------------------------------------------------------------ */

VM_INLINE int32_t vm_add_i32(int32_t left, int32_t right) { return (int32_t)((uint32_t)left + (uint32_t)right); }
VM_INLINE int32_t vm_sub_i32(int32_t left, int32_t right) { return (int32_t)((uint32_t)left - (uint32_t)right); }
VM_INLINE int32_t vm_mul_i32(int32_t left, int32_t right) { return (int32_t)((uint32_t)left * (uint32_t)right); }
VM_INLINE int32_t vm_fma_i32(int32_t first, int32_t second, int32_t third) { return (int32_t)((uint32_t)first * (uint32_t)second + (uint32_t)third); }

VM_INLINE int64_t vm_add_i64(int64_t left, int64_t right) { return (int64_t)((uint64_t)left + (uint64_t)right); }
VM_INLINE int64_t vm_sub_i64(int64_t left, int64_t right) { return (int64_t)((uint64_t)left - (uint64_t)right); }
VM_INLINE int64_t vm_mul_i64(int64_t left, int64_t right) { return (int64_t)((uint64_t)left * (uint64_t)right); }
VM_INLINE int64_t vm_fma_i64(int64_t first, int64_t second, int64_t third) { return (int64_t)((uint64_t)first * (uint64_t)second + (uint64_t)third); }

/* 64-bit values as the two registers that hold them; bytecode may take them apart. */
VM_INLINE int64_t vm_word_pack(int32_t low, int32_t high) { return (int64_t)((uint64_t)(uint32_t)high << 32 | (uint32_t)low); }
VM_INLINE int32_t vm_word_low(int64_t operand) { return (int32_t)(uint32_t)(uint64_t)operand; }
VM_INLINE int32_t vm_word_high(int64_t operand) { return (int32_t)(uint32_t)((uint64_t)operand >> 32); }

VM_INLINE int32_t vm_abs_i32(int32_t operand) { return operand < 0 ? (int32_t)(0u - (uint32_t)operand) : operand; }
VM_INLINE int32_t vm_not_i32(int32_t operand) { return ~operand; }
VM_INLINE int32_t vm_and_i32(int32_t left, int32_t right) { return left & right; }
VM_INLINE int32_t vm_or_i32(int32_t left, int32_t right) { return left | right; }
VM_INLINE int32_t vm_xor_i32(int32_t left, int32_t right) { return left ^ right; }
VM_INLINE int32_t vm_shl_i32(int32_t operand, int32_t amount) { return (int32_t)((uint32_t)operand << (amount & 31)); }
VM_INLINE int32_t vm_shr_i32_s(int32_t operand, int32_t amount) { return operand >> (amount & 31); }
VM_INLINE int32_t vm_shr_i32_u(int32_t operand, int32_t amount) { return (int32_t)((uint32_t)operand >> (amount & 31)); }

VM_INLINE int64_t vm_abs_i64(int64_t operand) { return operand < 0 ? (int64_t)(0u - (uint64_t)operand) : operand; }
VM_INLINE int64_t vm_not_i64(int64_t operand) { return ~operand; }
VM_INLINE int64_t vm_and_i64(int64_t left, int64_t right) { return left & right; }
VM_INLINE int64_t vm_or_i64(int64_t left, int64_t right) { return left | right; }
VM_INLINE int64_t vm_xor_i64(int64_t left, int64_t right) { return left ^ right; }
VM_INLINE int64_t vm_shl_i64(int64_t operand, int32_t amount) { return (int64_t)((uint64_t)operand << (amount & 63)); }
VM_INLINE int64_t vm_shr_i64_s(int64_t operand, int32_t amount) { return operand >> (amount & 63); }
VM_INLINE int64_t vm_shr_i64_u(int64_t operand, int32_t amount) { return (int64_t)((uint64_t)operand >> (amount & 63)); }

VM_INLINE int32_t vm_min_i32_s(int32_t left, int32_t right) { return left < right ? left : right; }
VM_INLINE int32_t vm_max_i32_s(int32_t left, int32_t right) { return left < right ? right : left; }
VM_INLINE int32_t vm_min_i32_u(int32_t left, int32_t right) { return (uint32_t)left < (uint32_t)right ? left : right; }
VM_INLINE int32_t vm_max_i32_u(int32_t left, int32_t right) { return (uint32_t)left < (uint32_t)right ? right : left; }
VM_INLINE int64_t vm_min_i64_s(int64_t left, int64_t right) { return left < right ? left : right; }
VM_INLINE int64_t vm_max_i64_s(int64_t left, int64_t right) { return left < right ? right : left; }
VM_INLINE int64_t vm_min_i64_u(int64_t left, int64_t right) { return (uint64_t)left < (uint64_t)right ? left : right; }
VM_INLINE int64_t vm_max_i64_u(int64_t left, int64_t right) { return (uint64_t)left < (uint64_t)right ? right : left; }

VM_INLINE int32_t vm_trunc_i32_i8(int32_t operand) { return operand & 0xFF; }
VM_INLINE int32_t vm_trunc_i32_i16(int32_t operand) { return operand & 0xFFFF; }
VM_INLINE int32_t vm_trunc_i64_i32(int64_t operand) { return (int32_t)operand; }
VM_INLINE int32_t vm_ext_i8_i32_s(int32_t operand) { return (int8_t)operand; }
VM_INLINE int32_t vm_ext_i8_i32_u(int32_t operand) { return (uint8_t)operand; }
VM_INLINE int32_t vm_ext_i16_i32_s(int32_t operand) { return (int16_t)operand; }
VM_INLINE int32_t vm_ext_i16_i32_u(int32_t operand) { return (uint16_t)operand; }
VM_INLINE int64_t vm_ext_i32_i64_s(int32_t operand) { return operand; }
VM_INLINE int64_t vm_ext_i32_i64_u(int32_t operand) { return (int64_t)(uint32_t)operand; }

/* ---- comparisons: 1 or 0 ------------------------------------------------------------------------------- */

VM_INLINE int32_t vm_cmp_eq_i32(int32_t left, int32_t right) { return left == right; }
VM_INLINE int32_t vm_cmp_ne_i32(int32_t left, int32_t right) { return left != right; }
VM_INLINE int32_t vm_cmp_lt_i32_s(int32_t left, int32_t right) { return left < right; }
VM_INLINE int32_t vm_cmp_lt_i32_u(int32_t left, int32_t right) { return (uint32_t)left < (uint32_t)right; }
VM_INLINE int32_t vm_cmp_nz_i32(int32_t operand) { return operand != 0; }

VM_INLINE int32_t vm_cmp_eq_i64(int64_t left, int64_t right) { return left == right; }
VM_INLINE int32_t vm_cmp_ne_i64(int64_t left, int64_t right) { return left != right; }
VM_INLINE int32_t vm_cmp_lt_i64_s(int64_t left, int64_t right) { return left < right; }
VM_INLINE int32_t vm_cmp_lt_i64_u(int64_t left, int64_t right) { return (uint64_t)left < (uint64_t)right; }
VM_INLINE int32_t vm_cmp_nz_i64(int64_t operand) { return operand != 0; }

/* .o: false when either is NaN.  .u: true when either is NaN.  But cmp.ne.o is true as well, in IREE too. */
VM_INLINE int32_t vm_cmp_eq_f32_o(uint32_t zero, float left, float right) { return vm_opaque_f32(zero, left) == right; }
VM_INLINE int32_t vm_cmp_eq_f32_u(uint32_t zero, float left, float right) { return !(vm_opaque_f32(zero, left) < right || vm_opaque_f32(zero, left) > right); }
VM_INLINE int32_t vm_cmp_ne_f32_o(uint32_t zero, float left, float right) { return vm_opaque_f32(zero, left) != right; }
VM_INLINE int32_t vm_cmp_ne_f32_u(uint32_t zero, float left, float right) { return vm_opaque_f32(zero, left) != right; }
VM_INLINE int32_t vm_cmp_lt_f32_o(uint32_t zero, float left, float right) { return vm_opaque_f32(zero, left) < right; }
VM_INLINE int32_t vm_cmp_lt_f32_u(uint32_t zero, float left, float right) { return !(vm_opaque_f32(zero, left) >= right); }
VM_INLINE int32_t vm_cmp_lte_f32_o(uint32_t zero, float left, float right) { return vm_opaque_f32(zero, left) <= right; }
VM_INLINE int32_t vm_cmp_lte_f32_u(uint32_t zero, float left, float right) { return !(vm_opaque_f32(zero, left) > right); }
VM_INLINE int32_t vm_cmp_nan_f32(float operand) { return operand != operand; }

VM_INLINE int32_t vm_cmp_eq_f64_o(uint32_t zero, double left, double right) { return vm_opaque_f64(zero, left) == right; }
VM_INLINE int32_t vm_cmp_eq_f64_u(uint32_t zero, double left, double right) { return !(vm_opaque_f64(zero, left) < right || vm_opaque_f64(zero, left) > right); }
VM_INLINE int32_t vm_cmp_ne_f64_o(uint32_t zero, double left, double right) { return vm_opaque_f64(zero, left) != right; }
VM_INLINE int32_t vm_cmp_ne_f64_u(uint32_t zero, double left, double right) { return vm_opaque_f64(zero, left) != right; }
VM_INLINE int32_t vm_cmp_lt_f64_o(uint32_t zero, double left, double right) { return vm_opaque_f64(zero, left) < right; }
VM_INLINE int32_t vm_cmp_lt_f64_u(uint32_t zero, double left, double right) { return !(vm_opaque_f64(zero, left) >= right); }
VM_INLINE int32_t vm_cmp_lte_f64_o(uint32_t zero, double left, double right) { return vm_opaque_f64(zero, left) <= right; }
VM_INLINE int32_t vm_cmp_lte_f64_u(uint32_t zero, double left, double right) { return !(vm_opaque_f64(zero, left) > right); }
VM_INLINE int32_t vm_cmp_nan_f64(double operand) { return operand != operand; }

VM_INLINE int32_t vm_cmp_eq_ref(vm_ref left, vm_ref right) { return left == right; }
VM_INLINE int32_t vm_cmp_ne_ref(vm_ref left, vm_ref right) { return left != right; }
VM_INLINE int32_t vm_cmp_nz_ref(vm_ref operand) { return operand != NULL; }

/* ---- floats -------------------------------------------------------------------------------------------- */

VM_INLINE float vm_add_f32(float left, float right) { return left + right; }
VM_INLINE float vm_sub_f32(float left, float right) { return left - right; }
VM_INLINE float vm_mul_f32(float left, float right) { return left * right; }
VM_INLINE float vm_div_f32(float left, float right) { return left / right; }
VM_INLINE float vm_neg_f32(float operand) { return -operand; }

VM_INLINE double vm_add_f64(double left, double right) { return left + right; }
VM_INLINE double vm_sub_f64(double left, double right) { return left - right; }
VM_INLINE double vm_mul_f64(double left, double right) { return left * right; }
VM_INLINE double vm_div_f64(double left, double right) { return left / right; }
VM_INLINE double vm_neg_f64(double operand) { return -operand; }

/* A NaN on either side, or two zeros, give the left operand. IREE's are the processor's instructions, which flush what
 * they pick. */
VM_INLINE float vm_min_f32(uint32_t zero, float left, float right) { return vm_flushed_f32(zero, vm_cmp_lt_f32_o(zero, right, left) ? right : left); }
VM_INLINE float vm_max_f32(uint32_t zero, float left, float right) { return vm_flushed_f32(zero, vm_cmp_lt_f32_o(zero, left, right) ? right : left); }
VM_INLINE double vm_min_f64(uint32_t zero, double left, double right) { return vm_flushed_f64(zero, vm_cmp_lt_f64_o(zero, right, left) ? right : left); }
VM_INLINE double vm_max_f64(uint32_t zero, double left, double right) { return vm_flushed_f64(zero, vm_cmp_lt_f64_o(zero, left, right) ? right : left); }

/* rem is the IEEE remainder, whose quotient is rounded to nearest even; it is not fmod. */
VM_INLINE float vm_rem_f32(float left, float right) { return remainderf(left, right); }
VM_INLINE float vm_abs_f32(float operand) { return fabsf(operand); }
VM_INLINE float vm_ceil_f32(float operand) { return ceilf(operand); }
VM_INLINE float vm_floor_f32(float operand) { return floorf(operand); }
VM_INLINE float vm_round_f32(float operand) { return roundf(operand); }
VM_INLINE float vm_sqrt_f32(float operand) { return sqrtf(operand); }
VM_INLINE float vm_rsqrt_f32(float operand) { return 1.0f / sqrtf(operand); }

VM_INLINE double vm_rem_f64(double left, double right) { return remainder(left, right); }
VM_INLINE double vm_abs_f64(double operand) { return fabs(operand); }
VM_INLINE double vm_ceil_f64(double operand) { return ceil(operand); }
VM_INLINE double vm_floor_f64(double operand) { return floor(operand); }
VM_INLINE double vm_round_f64(double operand) { return round(operand); }
VM_INLINE double vm_sqrt_f64(double operand) { return sqrt(operand); }
VM_INLINE double vm_rsqrt_f64(double operand) { return 1.0 / sqrt(operand); }

/* Mathematics of f32 is C of our own, whose bits are those of the functions that the interpreter calls (f32_math.h); of f64
 * it is the C library's. Both are called from libm.c, out of sight: compilers know functions by name and compute them
 * themselves where operands are known, with other last bits (and turn pow(x, 2) into x * x). */
#if defined(__GNUC__) || defined(__clang__)
#define VM_CONST __attribute__((const))
#else
#define VM_CONST
#endif

float vm_atan2_f32(float left, float right) VM_CONST;
float vm_pow_f32(float left, float right) VM_CONST;
float vm_exp_f32(float operand) VM_CONST;
float vm_exp2_f32(float operand) VM_CONST;
float vm_expm1_f32(float operand) VM_CONST;
float vm_log_f32(float operand) VM_CONST;
float vm_log10_f32(float operand) VM_CONST;
float vm_log1p_f32(float operand) VM_CONST;
float vm_log2_f32(float operand) VM_CONST;
float vm_sin_f32(float operand) VM_CONST;
float vm_cos_f32(float operand) VM_CONST;
float vm_atan_f32(float operand) VM_CONST;
float vm_tanh_f32(float operand) VM_CONST;
float vm_erf_f32(float operand) VM_CONST;

double vm_atan2_f64(double left, double right) VM_CONST;
double vm_pow_f64(double left, double right) VM_CONST;
double vm_exp_f64(double operand) VM_CONST;
double vm_exp2_f64(double operand) VM_CONST;
double vm_expm1_f64(double operand) VM_CONST;
double vm_log_f64(double operand) VM_CONST;
double vm_log10_f64(double operand) VM_CONST;
double vm_log1p_f64(double operand) VM_CONST;
double vm_log2_f64(double operand) VM_CONST;
double vm_sin_f64(double operand) VM_CONST;
double vm_cos_f64(double operand) VM_CONST;
double vm_atan_f64(double operand) VM_CONST;
double vm_tanh_f64(double operand) VM_CONST;
double vm_erf_f64(double operand) VM_CONST;

/* ---- conversions --------------------------------------------------------------------------------------- */

VM_INLINE float vm_cast_si32_f32(int32_t operand) { return (float)operand; }
VM_INLINE float vm_cast_ui32_f32(int32_t operand) { return (float)(uint32_t)operand; }
VM_INLINE float vm_cast_si64_f32(int64_t operand) { return (float)operand; }
VM_INLINE float vm_cast_ui64_f32(int64_t operand) { return (float)(uint64_t)operand; }
VM_INLINE double vm_cast_si32_f64(int32_t operand) { return (double)operand; }
VM_INLINE double vm_cast_ui32_f64(int32_t operand) { return (double)(uint32_t)operand; }
VM_INLINE double vm_cast_si64_f64(int64_t operand) { return (double)operand; }
VM_INLINE double vm_cast_ui64_f64(int64_t operand) { return (double)(uint64_t)operand; }
VM_INLINE float vm_trunc_f64_f32(double operand) { return (float)operand; }
/* Opaque: else (float)-(double)x becomes -x, which does not flush. */
VM_INLINE double vm_ext_f32_f64(uint32_t zero, float operand) { return vm_opaque_f64(zero, operand); }

/* ---- selection ----------------------------------------------------------------------------------------- */

VM_INLINE int32_t vm_select_i32(int32_t condition, int32_t true_value, int32_t false_value) { return condition ? true_value : false_value; }
VM_INLINE int64_t vm_select_i64(int32_t condition, int64_t true_value, int64_t false_value) { return condition ? true_value : false_value; }
VM_INLINE float vm_select_f32(int32_t condition, float true_value, float false_value) { return condition ? true_value : false_value; }
VM_INLINE double vm_select_f64(int32_t condition, double true_value, double false_value) { return condition ? true_value : false_value; }

/* clang-format on */

/* A negative index is a large unsigned one, so a single comparison finds both ends. */
VM_INLINE int32_t vm_switch_i32(int32_t index, int32_t default_value, const int32_t* values, uint32_t count) {
  return (uint32_t)index < count ? values[index] : default_value;
}

VM_INLINE int64_t vm_switch_i64(int32_t index, int64_t default_value, const int64_t* values, uint32_t count) {
  return (uint32_t)index < count ? values[index] : default_value;
}

VM_INLINE float vm_switch_f32(int32_t index, float default_value, const float* values, uint32_t count) {
  return (uint32_t)index < count ? values[index] : default_value;
}

VM_INLINE double vm_switch_f64(int32_t index, double default_value, const double* values, uint32_t count) {
  return (uint32_t)index < count ? values[index] : default_value;
}

/* ---- pure instructions that are more than an expression ------------------------------------------------ */

VM_INLINE float vm_fma_f32(float first, float second, float third) {
#if VM_FUSED_FMA
  return fmaf(first, second, third);
#else
  return first * second + third; /* two roundings; see VM_FUSED_FMA */
#endif
}

VM_INLINE double vm_fma_f64(double first, double second, double third) {
#if VM_FUSED_FMA
  return fma(first, second, third);
#else
  return first * second + third; /* two roundings; see VM_FUSED_FMA */
#endif
}

/* nearbyintf, without a call where no instruction does that: what 2^23 is added to has no fraction left. */
static inline float vm_nearest_f32(float operand) {
#if defined(__SSE4_1__) || defined(__aarch64__) || defined(__wasm__) || !defined(__GNUC__)
  return nearbyintf(operand);
#else
  const float magnitude = fabsf(operand);
  return magnitude < 8388608.0f ? copysignf(magnitude + 8388608.0f - 8388608.0f, operand) : operand + 0.0f;
#endif
}

/* Half to even, except that IREE's emulation turns -0.5 into +0.0. */
VM_INLINE float vm_round_f32_even(float operand) { return operand == -0.5f ? 0.0f : vm_nearest_f32(operand); }

VM_INLINE double vm_round_f64_even(double operand) { return operand == -0.5 ? 0.0 : nearbyint(operand); }

/* lround of a 64-bit long: half away from zero; what does not fit, and NaN, is INT64_MIN as x86-64 has it. */
static inline int64_t vm_round_to_i64(double operand) {
  double rounded = round(operand);
  return rounded >= -9223372036854775808.0 && rounded < 9223372036854775808.0 ? (int64_t)rounded : INT64_MIN;
}

/* The low half of that, without doubles, which small processors do not have: a float is a mantissa times a power of two.
 * Where that is below 1, half of the last bit that stays is added and the others are shifted out. */
static inline int32_t vm_round_f32_low(float operand) {
  const uint32_t bits = vm_float_bits(operand), mantissa = (bits & 0x7FFFFFu) | 0x800000u;
  const int32_t power = (int32_t)(bits >> 23 & 0xFFu) - 150;
  const uint32_t right = power > -31 ? (uint32_t)-power & 31u : 31u;
  const uint32_t magnitude = power >= 32  ? 0
                             : power >= 0 ? mantissa << power
                                          : (mantissa + (1u << (right - 1))) >> right;
  return (int32_t)(bits >> 31 ? 0u - magnitude : magnitude);
}

/* The 32-bit forms keep the low half of the 64-bit result; from f64 they go through f32 first. */
VM_INLINE int32_t vm_cast_f32_si32(float operand) { return vm_round_f32_low(operand); }
VM_INLINE int32_t vm_cast_f32_ui32(float operand) { return vm_round_f32_low(operand); }
VM_INLINE int32_t vm_cast_f64_si32(double operand) { return vm_round_f32_low((float)operand); }
VM_INLINE int32_t vm_cast_f64_ui32(double operand) { return vm_round_f32_low((float)operand); }
VM_INLINE int64_t vm_cast_f32_si64(float operand) { return vm_round_to_i64(operand); }
VM_INLINE int64_t vm_cast_f64_si64(double operand) { return vm_round_to_i64(operand); }
VM_INLINE int64_t vm_cast_f64_ui64(double operand) { return vm_round_to_i64(operand); }

/* Unlike from f64, values from 2^63 to 2^64 are exact. */
static inline int64_t vm_cast_f32_ui64(float operand) {
  float rounded = roundf(operand);
  if (rounded >= 9223372036854775808.0f && rounded < 18446744073709551616.0f)
    return (int64_t)(uint64_t)rounded;
  return vm_round_to_i64(operand);
}

VM_INLINE float vm_bitcast_i32_f32(int32_t operand) { return vm_float_of((uint32_t)operand); }

VM_INLINE int32_t vm_bitcast_f32_i32(float operand) { return (int32_t)vm_float_bits(operand); }

VM_INLINE double vm_bitcast_i64_f64(int64_t operand) { return vm_double_of((uint64_t)operand); }

VM_INLINE int64_t vm_bitcast_f64_i64(double operand) { return (int64_t)vm_double_bits(operand); }

static inline int32_t vm_ctlz_i32(int32_t operand) {
#if defined(__GNUC__) || defined(__clang__)
  return operand ? __builtin_clz((uint32_t)operand) : 32;
#else
  int32_t count = 0;
  while (count < 32 && !((uint32_t)operand >> (31 - count))) ++count;
  return count;
#endif
}

static inline int64_t vm_ctlz_i64(int64_t operand) {
#if defined(__GNUC__) || defined(__clang__)
  return operand ? __builtin_clzll((uint64_t)operand) : 64;
#else
  int64_t count = 0;
  while (count < 64 && !((uint64_t)operand >> (63 - count))) ++count;
  return count;
#endif
}

/* The exponent counts modulo 2^32.  Repeated squaring in the order of compiler-rt, for the same roundings; the first
 * factor is taken as it is (1 * base would flush it). */
static inline float vm_fpowi_f32(float base, int64_t exponent) {
  int32_t power = (int32_t)exponent;
  uint32_t bits = power < 0 ? 0u - (uint32_t)power : (uint32_t)power;
  float result = bits & 1u ? base : 1.0f;
  while (bits >>= 1) {
    base *= base;
    if (bits & 1u) result *= base;
  }
  return power < 0 ? 1.0f / result : result;
}

static inline double vm_fpowi_f64(double base, int64_t exponent) {
  int32_t power = (int32_t)exponent;
  uint32_t bits = power < 0 ? 0u - (uint32_t)power : (uint32_t)power;
  double result = bits & 1u ? base : 1.0;
  while (bits >>= 1) {
    base *= base;
    if (bits & 1u) result *= base;
  }
  return power < 0 ? 1.0 / result : result;
}

/* ---- division ------------------------------------------------------------------------------------------ */

VM_COLD vm_status vm_division_by_zero(vm_instance* vm);

/* MIN / -1 wraps to MIN. */
VM_INLINE vm_status vm_div_i32_s(vm_instance* vm, int32_t left, int32_t right, int32_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = right == -1 ? (int32_t)(0u - (uint32_t)left) : left / right;
  return VM_OK;
}

VM_INLINE vm_status vm_div_i32_u(vm_instance* vm, int32_t left, int32_t right, int32_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = (int32_t)((uint32_t)left / (uint32_t)right);
  return VM_OK;
}

/* MIN % -1 is 0. */
VM_INLINE vm_status vm_rem_i32_s(vm_instance* vm, int32_t left, int32_t right, int32_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = right == -1 ? 0 : left % right;
  return VM_OK;
}

VM_INLINE vm_status vm_rem_i32_u(vm_instance* vm, int32_t left, int32_t right, int32_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = (int32_t)((uint32_t)left % (uint32_t)right);
  return VM_OK;
}

/* MIN / -1 wraps to MIN. */
VM_INLINE vm_status vm_div_i64_s(vm_instance* vm, int64_t left, int64_t right, int64_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = right == -1 ? (int64_t)(0u - (uint64_t)left) : left / right;
  return VM_OK;
}

VM_INLINE vm_status vm_div_i64_u(vm_instance* vm, int64_t left, int64_t right, int64_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = (int64_t)((uint64_t)left / (uint64_t)right);
  return VM_OK;
}

/* MIN % -1 is 0. */
VM_INLINE vm_status vm_rem_i64_s(vm_instance* vm, int64_t left, int64_t right, int64_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = right == -1 ? 0 : left % right;
  return VM_OK;
}

VM_INLINE vm_status vm_rem_i64_u(vm_instance* vm, int64_t left, int64_t right, int64_t* result) {
  if (VM_UNLIKELY(right == 0)) return vm_division_by_zero(vm);
  *result = (int64_t)((uint64_t)left % (uint64_t)right);
  return VM_OK;
}

/* ---- globals ------------------------------------------------------------------------------------------- */

/* Offsets written in an instruction are checked ahead of time. */
VM_INLINE int32_t vm_global_load_i32(const vm_instance* vm, uint32_t byte_offset) {
  int32_t result;
  memcpy(&result, vm->globals + byte_offset, 4);
  return result;
}

VM_INLINE void vm_global_store_i32(vm_instance* vm, uint32_t byte_offset, int32_t value) {
  memcpy(vm->globals + byte_offset, &value, 4);
}

VM_INLINE int64_t vm_global_load_i64(const vm_instance* vm, uint32_t byte_offset) {
  int64_t result;
  memcpy(&result, vm->globals + byte_offset, 8);
  return result;
}

VM_INLINE void vm_global_store_i64(vm_instance* vm, uint32_t byte_offset, int64_t value) {
  memcpy(vm->globals + byte_offset, &value, 8);
}

VM_INLINE float vm_global_load_f32(const vm_instance* vm, uint32_t byte_offset) {
  float result;
  memcpy(&result, vm->globals + byte_offset, 4);
  return result;
}

VM_INLINE void vm_global_store_f32(vm_instance* vm, uint32_t byte_offset, float value) {
  memcpy(vm->globals + byte_offset, &value, 4);
}

VM_INLINE double vm_global_load_f64(const vm_instance* vm, uint32_t byte_offset) {
  double result;
  memcpy(&result, vm->globals + byte_offset, 8);
  return result;
}

VM_INLINE void vm_global_store_f64(vm_instance* vm, uint32_t byte_offset, double value) {
  memcpy(vm->globals + byte_offset, &value, 8);
}

VM_COLD vm_status vm_global_out_of_range(vm_instance* vm, int32_t byte_offset);

VM_INLINE int vm_global_in_range(const vm_instance* vm, int32_t byte_offset, uint32_t size) {
  return (uint64_t)(uint32_t)byte_offset + size <= vm->module->global_bytes;
}

VM_INLINE vm_status vm_global_load_indirect_i32(vm_instance* vm, int32_t byte_offset, int32_t* result) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 4))) return vm_global_out_of_range(vm, byte_offset);
  *result = vm_global_load_i32(vm, (uint32_t)byte_offset);
  return VM_OK;
}

VM_INLINE vm_status vm_global_store_indirect_i32(vm_instance* vm, int32_t byte_offset, int32_t value) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 4))) return vm_global_out_of_range(vm, byte_offset);
  vm_global_store_i32(vm, (uint32_t)byte_offset, value);
  return VM_OK;
}

VM_INLINE vm_status vm_global_load_indirect_i64(vm_instance* vm, int32_t byte_offset, int64_t* result) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 8))) return vm_global_out_of_range(vm, byte_offset);
  *result = vm_global_load_i64(vm, (uint32_t)byte_offset);
  return VM_OK;
}

VM_INLINE vm_status vm_global_store_indirect_i64(vm_instance* vm, int32_t byte_offset, int64_t value) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 8))) return vm_global_out_of_range(vm, byte_offset);
  vm_global_store_i64(vm, (uint32_t)byte_offset, value);
  return VM_OK;
}

VM_INLINE vm_status vm_global_load_indirect_f32(vm_instance* vm, int32_t byte_offset, float* result) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 4))) return vm_global_out_of_range(vm, byte_offset);
  *result = vm_global_load_f32(vm, (uint32_t)byte_offset);
  return VM_OK;
}

VM_INLINE vm_status vm_global_store_indirect_f32(vm_instance* vm, int32_t byte_offset, float value) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 4))) return vm_global_out_of_range(vm, byte_offset);
  vm_global_store_f32(vm, (uint32_t)byte_offset, value);
  return VM_OK;
}

VM_INLINE vm_status vm_global_load_indirect_f64(vm_instance* vm, int32_t byte_offset, double* result) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 8))) return vm_global_out_of_range(vm, byte_offset);
  *result = vm_global_load_f64(vm, (uint32_t)byte_offset);
  return VM_OK;
}

VM_INLINE vm_status vm_global_store_indirect_f64(vm_instance* vm, int32_t byte_offset, double value) {
  if (VM_UNLIKELY(!vm_global_in_range(vm, byte_offset, 8))) return vm_global_out_of_range(vm, byte_offset);
  vm_global_store_f64(vm, (uint32_t)byte_offset, value);
  return VM_OK;
}

/* `move` empties the global.  Storing retains the value and releases what was there. */
vm_status vm_global_load_ref(vm_instance* vm, uint32_t global, const vm_type* type, int32_t move,
                             vm_ref* result);
vm_status vm_global_store_ref(vm_instance* vm, uint32_t global, const vm_type* type, vm_ref value);
vm_status vm_global_load_indirect_ref(vm_instance* vm, int32_t global, const vm_type* type, int32_t move,
                                      vm_ref* result);
vm_status vm_global_store_indirect_ref(vm_instance* vm, int32_t global, const vm_type* type, vm_ref value);

/* ---- references ---------------------------------------------------------------------------------------- */

/* Null passes every type check. */
vm_status vm_select_ref(vm_instance* vm, int32_t condition, const vm_type* type, vm_ref true_value,
                        vm_ref false_value, vm_ref* result);
vm_status vm_switch_ref(vm_instance* vm, int32_t index, const vm_type* type, vm_ref default_value,
                        const vm_ref* values, uint32_t count, vm_ref* result);
vm_status vm_cast_any_ref(vm_instance* vm, vm_ref operand, const vm_type* type, vm_ref* result);

/* Immortal: counting references to it is allowed and does nothing. */
VM_INLINE vm_ref vm_const_ref_rodata(vm_instance* vm, uint32_t rodata) { return &vm->rodata[rodata].object; }

/* ---- lists --------------------------------------------------------------------------------------------- */

/* The capacity asked for here is a hint. */
vm_status vm_list_alloc(vm_instance* vm, const vm_type* element_type, int32_t initial_capacity,
                        vm_ref* result);
vm_status vm_list_reserve(vm_instance* vm, vm_ref list, int32_t minimum_capacity);
vm_status vm_list_size(vm_instance* vm, vm_ref list, int32_t* result);
vm_status vm_list_resize(vm_instance* vm, vm_ref list, int32_t new_size);

/* Integers convert among each other, and so do floats; an integer read as a float, or a float as an integer,
 * is 0. */
vm_status vm_list_get_value(vm_instance* vm, vm_ref list, int32_t index, vm_type_kind kind, vm_value* result);
vm_status vm_list_set_value(vm_instance* vm, vm_ref list, int32_t index, vm_type_kind kind, vm_value value);

VM_INLINE vm_status vm_list_get_i32(vm_instance* vm, vm_ref list, int32_t index, int32_t* result) {
  vm_value value;
  vm_status status = vm_list_get_value(vm, list, index, VM_TYPE_I32, &value);
  if (VM_LIKELY(status == VM_OK)) *result = value.i32;
  return status;
}

VM_INLINE vm_status vm_list_set_i32(vm_instance* vm, vm_ref list, int32_t index, int32_t value) {
  vm_value wrapped;
  wrapped.i32 = value;
  return vm_list_set_value(vm, list, index, VM_TYPE_I32, wrapped);
}

VM_INLINE vm_status vm_list_get_i64(vm_instance* vm, vm_ref list, int32_t index, int64_t* result) {
  vm_value value;
  vm_status status = vm_list_get_value(vm, list, index, VM_TYPE_I64, &value);
  if (VM_LIKELY(status == VM_OK)) *result = value.i64;
  return status;
}

VM_INLINE vm_status vm_list_set_i64(vm_instance* vm, vm_ref list, int32_t index, int64_t value) {
  vm_value wrapped;
  wrapped.i64 = value;
  return vm_list_set_value(vm, list, index, VM_TYPE_I64, wrapped);
}

VM_INLINE vm_status vm_list_get_f32(vm_instance* vm, vm_ref list, int32_t index, float* result) {
  vm_value value;
  vm_status status = vm_list_get_value(vm, list, index, VM_TYPE_F32, &value);
  if (VM_LIKELY(status == VM_OK)) *result = value.f32;
  return status;
}

VM_INLINE vm_status vm_list_set_f32(vm_instance* vm, vm_ref list, int32_t index, float value) {
  vm_value wrapped;
  wrapped.f32 = value;
  return vm_list_set_value(vm, list, index, VM_TYPE_F32, wrapped);
}

VM_INLINE vm_status vm_list_get_f64(vm_instance* vm, vm_ref list, int32_t index, double* result) {
  vm_value value;
  vm_status status = vm_list_get_value(vm, list, index, VM_TYPE_F64, &value);
  if (VM_LIKELY(status == VM_OK)) *result = value.f64;
  return status;
}

VM_INLINE vm_status vm_list_set_f64(vm_instance* vm, vm_ref list, int32_t index, double value) {
  vm_value wrapped;
  wrapped.f64 = value;
  return vm_list_set_value(vm, list, index, VM_TYPE_F64, wrapped);
}

/* `move` takes the reference out of the list. */
vm_status vm_list_get_ref(vm_instance* vm, vm_ref list, int32_t index, const vm_type* type, int32_t move,
                          vm_ref* result);
vm_status vm_list_set_ref(vm_instance* vm, vm_ref list, int32_t index, vm_ref value);

/* ---- buffers ------------------------------------------------------------------------------------------- */

/* What an access to a buffer needs to know, read once: a buffer never changes its data pointer or its length.
 * An access is in bounds when it is below `readable` or `writable`, and only when it is not do the faults
 * matter: they tell a null, a read-only and a too short buffer apart. */
typedef struct vm_span {
  uint8_t* data;
  uint64_t readable; /* bytes */
  uint64_t writable;
  vm_status load_fault;
  vm_status store_fault;
} vm_span;

/* A reference of another type counts as null. */
VM_INLINE vm_span vm_buffer_span(vm_ref buffer) {
  vm_span span = {NULL, 0, 0, VM_INVALID_ARGUMENT, VM_INVALID_ARGUMENT};
  if (buffer && buffer->type == &vm_type_buffer) {
    const vm_buffer* bytes = (const vm_buffer*)buffer;
    uint32_t is_mutable = bytes->access & VM_ACCESS_MUTABLE;
    span.data = bytes->data;
    span.readable = bytes->length;
    span.writable = is_mutable ? bytes->length : 0;
    span.load_fault = VM_OUT_OF_RANGE;
    span.store_fault = is_mutable ? VM_OUT_OF_RANGE : VM_PERMISSION_DENIED;
  }
  return span;
}

/* The span of a constant. */
VM_INLINE vm_span vm_rodata_span(const uint8_t* data, uint64_t length) {
  vm_span span = {(uint8_t*)(uintptr_t)data, length, 0, VM_OUT_OF_RANGE, VM_PERMISSION_DENIED};
  return span;
}

/* The span of a buffer that vm_buffer_alloc or vm_buffer_clone has just made with this length. */
VM_INLINE vm_span vm_new_span(vm_ref buffer, int64_t length) {
  vm_span span = {((const vm_buffer*)buffer)->data, (uint64_t)length, (uint64_t)length, VM_OUT_OF_RANGE,
                  VM_OUT_OF_RANGE};
  return span;
}

/* What a kernel is given: its bindings and the words of its constants. */
VM_INLINE vm_span vm_kernel_binding(const vm_span* bindings, uint32_t index) { return bindings[index]; }
VM_INLINE vm_span vm_kernel_constants(const vm_span* constants) { return *constants; }
VM_INLINE int32_t vm_kernel_word(const vm_span* constants, uint32_t index) {
  int32_t word;
  memcpy(&word, constants->data + index * sizeof word, sizeof word);
  return word;
}

/* By the bytes of an element, which so need not be passed: calls of these are a good part of what `size` makes. */
VM_COLD vm_status vm_buffer_load_fault1(vm_instance* vm, vm_status fault, uint64_t readable, int64_t offset);
VM_COLD vm_status vm_buffer_load_fault2(vm_instance* vm, vm_status fault, uint64_t readable, int64_t offset);
VM_COLD vm_status vm_buffer_load_fault4(vm_instance* vm, vm_status fault, uint64_t readable, int64_t offset);
VM_COLD vm_status vm_buffer_load_fault8(vm_instance* vm, vm_status fault, uint64_t readable, int64_t offset);
VM_COLD vm_status vm_buffer_store_fault1(vm_instance* vm, vm_status fault, uint64_t writable, int64_t offset);
VM_COLD vm_status vm_buffer_store_fault2(vm_instance* vm, vm_status fault, uint64_t writable, int64_t offset);
VM_COLD vm_status vm_buffer_store_fault4(vm_instance* vm, vm_status fault, uint64_t writable, int64_t offset);
VM_COLD vm_status vm_buffer_store_fault8(vm_instance* vm, vm_status fault, uint64_t writable, int64_t offset);

/* The failure of an access to the element at `offset`.  Without messages it is a constant of the span, so
 * that an access costs a comparison and a jump. */
VM_INLINE vm_status vm_buffer_load_failed(vm_instance* vm, vm_span source, int64_t offset, uint32_t size) {
#if VM_DIAGNOSTICS == 2
  const vm_status fault = source.load_fault;
  const uint64_t bytes = source.readable;
  const vm_status status = size == 1   ? vm_buffer_load_fault1(vm, fault, bytes, offset)
                           : size == 2 ? vm_buffer_load_fault2(vm, fault, bytes, offset)
                           : size == 4 ? vm_buffer_load_fault4(vm, fault, bytes, offset)
                                       : vm_buffer_load_fault8(vm, fault, bytes, offset);
  VM_ASSUME(status != VM_OK);
  return status;
#else
  (void)vm, (void)offset, (void)size;
  return source.load_fault;
#endif
}

VM_INLINE vm_status vm_buffer_store_failed(vm_instance* vm, vm_span target, int64_t offset, uint32_t size) {
#if VM_DIAGNOSTICS == 2
  const vm_status fault = target.store_fault;
  const uint64_t bytes = target.writable;
  const vm_status status = size == 1   ? vm_buffer_store_fault1(vm, fault, bytes, offset)
                           : size == 2 ? vm_buffer_store_fault2(vm, fault, bytes, offset)
                           : size == 4 ? vm_buffer_store_fault4(vm, fault, bytes, offset)
                                       : vm_buffer_store_fault8(vm, fault, bytes, offset);
  VM_ASSUME(status != VM_OK);
  return status;
#else
  (void)vm, (void)offset, (void)size;
  return target.store_fault;
#endif
}

/* Offsets count elements; a negative one is a large unsigned one, and the shifted length cannot wrap. */

VM_INLINE vm_status vm_buffer_load_i8_u(vm_instance* vm, vm_span source, int64_t source_offset,
                                        int32_t* result) {
  if (VM_UNLIKELY((uint64_t)source_offset >= source.readable))
    return vm_buffer_load_failed(vm, source, source_offset, 1);
  *result = source.data[source_offset];
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_load_i8_s(vm_instance* vm, vm_span source, int64_t source_offset,
                                        int32_t* result) {
  if (VM_UNLIKELY((uint64_t)source_offset >= source.readable))
    return vm_buffer_load_failed(vm, source, source_offset, 1);
  *result = (int8_t)source.data[source_offset];
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_load_i16_u(vm_instance* vm, vm_span source, int64_t source_offset,
                                         int32_t* result) {
  uint16_t value;
  if (VM_UNLIKELY((uint64_t)source_offset >= (source.readable >> 1)))
    return vm_buffer_load_failed(vm, source, source_offset, 2);
  memcpy(&value, source.data + source_offset * 2, 2);
  *result = value;
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_load_i16_s(vm_instance* vm, vm_span source, int64_t source_offset,
                                         int32_t* result) {
  int16_t value;
  if (VM_UNLIKELY((uint64_t)source_offset >= (source.readable >> 1)))
    return vm_buffer_load_failed(vm, source, source_offset, 2);
  memcpy(&value, source.data + source_offset * 2, 2);
  *result = value;
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_load_i32(vm_instance* vm, vm_span source, int64_t source_offset,
                                       int32_t* result) {
  if (VM_UNLIKELY((uint64_t)source_offset >= (source.readable >> 2)))
    return vm_buffer_load_failed(vm, source, source_offset, 4);
  memcpy(result, source.data + source_offset * 4, 4);
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_load_i64(vm_instance* vm, vm_span source, int64_t source_offset,
                                       int64_t* result) {
  if (VM_UNLIKELY((uint64_t)source_offset >= (source.readable >> 3)))
    return vm_buffer_load_failed(vm, source, source_offset, 8);
  memcpy(result, source.data + source_offset * 8, 8);
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_load_f32(vm_instance* vm, vm_span source, int64_t source_offset,
                                       float* result) {
  if (VM_UNLIKELY((uint64_t)source_offset >= (source.readable >> 2)))
    return vm_buffer_load_failed(vm, source, source_offset, 4);
  memcpy(result, source.data + source_offset * 4, 4);
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_load_f64(vm_instance* vm, vm_span source, int64_t source_offset,
                                       double* result) {
  if (VM_UNLIKELY((uint64_t)source_offset >= (source.readable >> 3)))
    return vm_buffer_load_failed(vm, source, source_offset, 8);
  memcpy(result, source.data + source_offset * 8, 8);
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_store_i8(vm_instance* vm, vm_span target, int64_t target_offset,
                                       int32_t value) {
  if (VM_UNLIKELY((uint64_t)target_offset >= target.writable))
    return vm_buffer_store_failed(vm, target, target_offset, 1);
  memcpy(target.data + target_offset, &value, 1); /* the low bytes */
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_store_i16(vm_instance* vm, vm_span target, int64_t target_offset,
                                        int32_t value) {
  if (VM_UNLIKELY((uint64_t)target_offset >= (target.writable >> 1)))
    return vm_buffer_store_failed(vm, target, target_offset, 2);
  memcpy(target.data + target_offset * 2, &value, 2); /* the low bytes */
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_store_i32(vm_instance* vm, vm_span target, int64_t target_offset,
                                        int32_t value) {
  if (VM_UNLIKELY((uint64_t)target_offset >= (target.writable >> 2)))
    return vm_buffer_store_failed(vm, target, target_offset, 4);
  memcpy(target.data + target_offset * 4, &value, 4);
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_store_i64(vm_instance* vm, vm_span target, int64_t target_offset,
                                        int64_t value) {
  if (VM_UNLIKELY((uint64_t)target_offset >= (target.writable >> 3)))
    return vm_buffer_store_failed(vm, target, target_offset, 8);
  memcpy(target.data + target_offset * 8, &value, 8);
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_store_f32(vm_instance* vm, vm_span target, int64_t target_offset, float value) {
  if (VM_UNLIKELY((uint64_t)target_offset >= (target.writable >> 2)))
    return vm_buffer_store_failed(vm, target, target_offset, 4);
  memcpy(target.data + target_offset * 4, &value, 4);
  return VM_OK;
}

VM_INLINE vm_status vm_buffer_store_f64(vm_instance* vm, vm_span target, int64_t target_offset,
                                        double value) {
  if (VM_UNLIKELY((uint64_t)target_offset >= (target.writable >> 3)))
    return vm_buffer_store_failed(vm, target, target_offset, 8);
  memcpy(target.data + target_offset * 8, &value, 8);
  return VM_OK;
}

/* On ranges.  Offsets and lengths are in bytes, except that those of fills count elements. */
vm_status vm_buffer_alloc(vm_instance* vm, int64_t length, int32_t alignment, vm_ref* result);
vm_status vm_buffer_clone(vm_instance* vm, vm_span source, int64_t offset, int64_t length, int32_t alignment,
                          vm_ref* result);
vm_status vm_buffer_length(vm_instance* vm, vm_span buffer, int64_t* result);
vm_status vm_buffer_copy(vm_instance* vm, vm_span source, int64_t source_offset, vm_span target,
                         int64_t target_offset, int64_t length);
vm_status vm_buffer_compare(vm_instance* vm, vm_span lhs, int64_t lhs_offset, vm_span rhs, int64_t rhs_offset,
                            int64_t length, int32_t* result);
vm_status vm_buffer_hash(vm_instance* vm, vm_span source, int64_t offset, int64_t length, int64_t* result);
vm_status vm_buffer_fill(vm_instance* vm, vm_span target, int64_t offset, int64_t length, const void* pattern,
                         uint32_t size);

VM_INLINE vm_status vm_buffer_fill_i8(vm_instance* vm, vm_span target, int64_t offset, int64_t length,
                                      int32_t value) {
  return vm_buffer_fill(vm, target, offset, length, &value, 1);
}

VM_INLINE vm_status vm_buffer_fill_i16(vm_instance* vm, vm_span target, int64_t offset, int64_t length,
                                       int32_t value) {
  return vm_buffer_fill(vm, target, offset, length, &value, 2);
}

VM_INLINE vm_status vm_buffer_fill_i32(vm_instance* vm, vm_span target, int64_t offset, int64_t length,
                                       int32_t value) {
  return vm_buffer_fill(vm, target, offset, length, &value, 4);
}

VM_INLINE vm_status vm_buffer_fill_i64(vm_instance* vm, vm_span target, int64_t offset, int64_t length,
                                       int64_t value) {
  return vm_buffer_fill(vm, target, offset, length, &value, 8);
}

VM_INLINE vm_status vm_buffer_fill_f32(vm_instance* vm, vm_span target, int64_t offset, int64_t length,
                                       float value) {
  return vm_buffer_fill(vm, target, offset, length, &value, 4);
}

VM_INLINE vm_status vm_buffer_fill_f64(vm_instance* vm, vm_span target, int64_t offset, int64_t length,
                                       double value) {
  return vm_buffer_fill(vm, target, offset, length, &value, 8);
}

/* ---- control ------------------------------------------------------------------------------------------- */

/* Ends a program with its own status and message, which need not be terminated.  Status 0 does not fail.  Of
 * the others five bits are kept; where these would read as success or as DEFERRED, the failure is VM_UNKNOWN.
 */
VM_COLD vm_status vm_fail(vm_instance* vm, int32_t status, const char* message, uint32_t length);

VM_INLINE int32_t vm_import_resolved(const vm_instance* vm, uint32_t import) {
  return vm_is_bound(&vm->imports[import]) || vm->module->imports[import].native;
}

/* Whether a call that lasts goes on. */
VM_COLD vm_status vm_look(vm_instance* vm);

/* One turn of what the whole instance counts: a call of a function that calls itself or has loops. */
VM_INLINE vm_status vm_turn(vm_instance* vm) {
#if VM_TURNS > 0
  if (VM_LIKELY(--vm->turns)) return VM_OK;
  vm->turns = VM_TURNS;
  return vm_look(vm);
#else
  (void)vm;
  return VM_OK;
#endif
}

/* About where the C stack of this thread ends now. */
VM_INLINE uintptr_t vm_stack_here(void) {
#if VM_FRAME_ADDRESS
  return (uintptr_t)__builtin_frame_address(0);
#else
  char here;
  volatile uintptr_t address = (uintptr_t)&here; /* compilers warn of a returned address */
  return address;
#endif
}

VM_COLD vm_status vm_stack_exhausted(vm_instance* vm, uint32_t frame_bytes);
VM_COLD vm_status vm_c_stack_exhausted(vm_instance* vm, uint32_t frame_bytes);

/* Bytes of a frame in code that is not optimised, and in code that is. */
#if defined(__OPTIMIZE__)
#define VM_FRAME(plain, optimised) (optimised)
#else
#define VM_FRAME(plain, optimised) (plain)
#endif

/* Whether the C stack has room for a frame that is larger than what VM_STACK_RESERVE allows for. */
VM_INLINE vm_status vm_room(vm_instance* vm, uint32_t bytes) {
  const uintptr_t here = vm_stack_here();
  const int is_full = here < vm->stack_end || here - vm->stack_end < bytes;
  return VM_UNLIKELY(is_full) ? vm_c_stack_exhausted(vm, bytes) : VM_OK;
}

/* Memory for values that are too many for the C stack, of any contents, until it is given back: in the reverse order. */
vm_status vm_claim(vm_instance* vm, size_t bytes, void** result);
void vm_unclaim(vm_instance* vm, void* memory);

/* Spans for such memory: as a value, each would pass through the frame of the function that makes it. */
void vm_hold_buffer_span(vm_span* result, vm_ref buffer);
void vm_hold_rodata_span(vm_span* result, const uint8_t* data, uint64_t length);
void vm_hold_new_span(vm_span* result, vm_ref buffer, int64_t length);
void vm_hold_kernel_binding(vm_span* result, const vm_span* bindings, uint32_t index);
void vm_hold_kernel_constants(vm_span* result, const vm_span* constants);

/* Accounts for a call's registers, so that a program that recurses without end fails instead of crashing. The C stack
 * is not counted but looked at: what a frame takes of it is the compiler's business. */
VM_INLINE vm_status vm_enter(vm_instance* vm, uint32_t frame_bytes) {
  if (VM_UNLIKELY(frame_bytes > VM_STACK_LIMIT - vm->stack_used)) return vm_stack_exhausted(vm, frame_bytes);
  if (VM_UNLIKELY(vm_stack_here() < vm->stack_end)) return vm_c_stack_exhausted(vm, 0);
  vm->stack_used += frame_bytes;
  return VM_OK;
}

VM_INLINE void vm_leave(vm_instance* vm, uint32_t frame_bytes) { vm->stack_used -= frame_bytes; }

/* For emitted functions, which have locals `status` and `offset` and end in a label `fail` that unwinds. */
#if VM_DIAGNOSTICS > 0
#define VM_TRY(expression, pc)                           \
  do {                                                   \
    if (VM_UNLIKELY((status = (expression)) != VM_OK)) { \
      offset = (pc);                                     \
      goto fail;                                         \
    }                                                    \
  } while (0)
#else
#define VM_TRY(expression, pc)                                    \
  do {                                                            \
    if (VM_UNLIKELY((status = (expression)) != VM_OK)) goto fail; \
  } while (0)
#endif

/* At every turn of a loop of an emitted function, which has a local `turns`: its address is not taken, so that it can be
 * in a register. */
#if VM_TURNS > 0
#define VM_TURN(pc)              \
  do {                           \
    if (VM_UNLIKELY(!--turns)) { \
      VM_TRY(vm_look(vm), pc);   \
      turns = VM_TURNS;          \
    }                            \
  } while (0)
#else
#define VM_TURN(pc) ((void)turns)
#endif

#ifdef __cplusplus
}
#endif
#endif
