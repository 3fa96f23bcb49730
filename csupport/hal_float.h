/* SPDX-License-Identifier: Apache-2.0 */
/* Formats of floats that C has no type for, as text is read and written. */
#ifndef HAL_FLOAT_H
#define HAL_FLOAT_H

#include "hal.h"

typedef struct hal_float_format {
  int mantissa_bits, exponent_bits, bias;
  int has_infinity; /* all exponent bits: infinity and NaNs, as in IEEE */
  int nan;          /* the magnitude that is NaN, or one of them; -1: the sign bit alone is */
} hal_float_format;

/* Of a class of elements, but for f32, f64 and f8E8M0FNU. */
VM_INLINE hal_float_format hal_float_format_of(uint32_t element_class) {
  static const hal_float_format f16 = {10, 5, 15, 1, 0x7E00}, bf16 = {7, 8, 127, 1, 0x7FC0};
  static const hal_float_format e5m2 = {2, 5, 15, 1, 0x7F}, e4m3fn = {3, 4, 7, 0, 0x7F};
  static const hal_float_format e5m2fnuz = {2, 5, 16, 0, -1}, e4m3fnuz = {3, 4, 8, 0, -1};
  switch (element_class) {
    case HAL_CLASS_BFLOAT: return bf16;
    case HAL_CLASS_F8E5M2: return e5m2;
    case HAL_CLASS_F8E4M3FN: return e4m3fn;
    case HAL_CLASS_F8E5M2FNUZ: return e5m2fnuz;
    case HAL_CLASS_F8E4M3FNUZ: return e4m3fnuz;
    default: return f16;
  }
}

/* Whether the elements are floats that text has as numbers. */
VM_INLINE int hal_is_float(int32_t element_type) {
  uint32_t bits = hal_element_bits(element_type);
  uint32_t kind = hal_element_class(element_type);
  if (kind == HAL_CLASS_IEEE) return bits == 16 || bits == 32 || bits == 64;
  if (kind == HAL_CLASS_BFLOAT) return bits == 16;
  return kind >= HAL_CLASS_F8E5M2 && kind <= HAL_CLASS_F8E8M0FNU && bits == 8;
}

/* Whether they are integers that text has as numbers. */
VM_INLINE int hal_is_integer(int32_t element_type) {
  uint32_t bits = hal_element_bits(element_type);
  uint32_t kind = hal_element_class(element_type);
  return kind >= HAL_CLASS_INTEGER && kind <= HAL_CLASS_UNSIGNED &&
         (bits == 8 || bits == 16 || bits == 32 || bits == 64);
}

#endif
