/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes, element types and contents as text, in IREE's notation. */
#include <math.h>
#include <string.h>

#include "hal_float.h"
#include "internal.h"

static void append_element_type(vm_text* text, int32_t element_type) {
  unsigned bits = hal_element_bits(element_type);
  switch (hal_element_class(element_type)) {
    case HAL_CLASS_BOOL: vm_text_append(text, "i1"); break;
    case HAL_CLASS_INTEGER: vm_text_append(text, "i%u", bits); break;
    case HAL_CLASS_SIGNED: vm_text_append(text, "si%u", bits); break;
    case HAL_CLASS_UNSIGNED: vm_text_append(text, "ui%u", bits); break;
    case HAL_CLASS_IEEE: vm_text_append(text, "f%u", bits); break;
    case HAL_CLASS_BFLOAT: vm_text_append(text, "bf%u", bits); break;
    case HAL_CLASS_COMPLEX: vm_text_append(text, "cf%u", bits); break;
    case HAL_CLASS_F8E5M2: vm_text_append(text, "f%uE5M2", bits); break;
    case HAL_CLASS_F8E4M3FN: vm_text_append(text, "f%uE4M3FN", bits); break;
    case HAL_CLASS_F8E5M2FNUZ: vm_text_append(text, "f%uE5M2FNUZ", bits); break;
    case HAL_CLASS_F8E4M3FNUZ: vm_text_append(text, "f%uE4M3FNUZ", bits); break;
    case HAL_CLASS_F8E8M0FNU: vm_text_append(text, "f%uE8M0FNU", bits); break;
    default: vm_text_append(text, "*%u", bits); break;
  }
}

static void append_shape(vm_text* text, uint32_t rank, const int64_t* dims) {
  uint32_t i;
  for (i = 0; i < rank; ++i) vm_text_append(text, "%s%lld", i ? "x" : "", (long long)dims[i]);
}

/* ---- elements ---- */

static double signed_value(double magnitude, uint32_t negative) { return negative ? -magnitude : magnitude; }

static double small_float(uint32_t bits, hal_float_format format) {
  uint32_t sign = bits >> (format.mantissa_bits + format.exponent_bits);
  uint32_t magnitude = bits & ((1u << (format.mantissa_bits + format.exponent_bits)) - 1u);
  uint32_t exponent = magnitude >> format.mantissa_bits;
  uint32_t mantissa = magnitude & ((1u << format.mantissa_bits) - 1u);
  if (format.has_infinity && exponent == (1u << format.exponent_bits) - 1u) {
    return mantissa ? (double)NAN : signed_value((double)INFINITY, sign);
  }
  if (!format.has_infinity && (format.nan < 0 ? sign && !magnitude : magnitude == (uint32_t)format.nan)) {
    return (double)NAN;
  }
  if (exponent) mantissa |= 1u << format.mantissa_bits;
  return signed_value(ldexp(mantissa, (exponent ? (int)exponent : 1) - format.bias - format.mantissa_bits),
                      sign);
}

static double power_of_two(uint8_t exponent) {
  return exponent == 0xFF ? (double)NAN : ldexp(1.0, exponent - 127);
}

static uint64_t load_bits(const uint8_t* data, uint32_t bits) {
  uint64_t value = 0;
  memcpy(&value, data, bits / 8);
  return value;
}

static int64_t sign_extended(uint64_t value, uint32_t bits) {
  uint64_t sign = (uint64_t)1 << (bits - 1);
  return (int64_t)((value ^ sign) - sign);
}

static double ieee_float(uint64_t bits, uint32_t width) {
  uint32_t low = (uint32_t)bits;
  float narrow;
  double wide;
  if (width == 16) return small_float(low, hal_float_format_of(HAL_CLASS_IEEE));
  memcpy(&narrow, &low, sizeof narrow);
  memcpy(&wide, &bits, sizeof wide);
  return width == 32 ? (double)narrow : wide;
}

static double float_of(uint64_t bits, int32_t element_type) {
  uint32_t kind = hal_element_class(element_type);
  if (kind == HAL_CLASS_IEEE) return ieee_float(bits, hal_element_bits(element_type));
  if (kind == HAL_CLASS_F8E8M0FNU) return power_of_two((uint8_t)bits);
  return small_float((uint32_t)bits, hal_float_format_of(kind));
}

static void append_hex(vm_text* text, const uint8_t* data, uint64_t length) {
  uint64_t i;
  for (i = 0; i < length; ++i) vm_text_append(text, "%02X", (unsigned)data[i]);
}

/* Numbers as numbers; what has no C type, booleans too, as bytes. */
static void append_element(vm_text* text, int32_t element_type, const uint8_t* data) {
  uint32_t bits = hal_element_bits(element_type);
  if (hal_is_float(element_type)) {
    vm_text_append(text, "%G", float_of(load_bits(data, bits), element_type));
  } else if (hal_is_integer(element_type) && hal_element_class(element_type) == HAL_CLASS_UNSIGNED) {
    vm_text_append(text, "%llu", (unsigned long long)load_bits(data, bits));
  } else if (hal_is_integer(element_type)) {
    vm_text_append(text, "%lld", (long long)sign_extended(load_bits(data, bits), bits));
  } else {
    append_hex(text, data, bits / 8);
  }
}

/* ---- views ---- */

/* A shape of zero elements may still have any number of rows, so the text needs an end of its own. */
enum { TEXT_LIMIT = 1 << 26 };

/* The outermost dimension's rows are not enclosed together: 2x2 reads [1 2][3 4]. */
static const uint8_t* append_elements(vm_text* text, const hal_buffer_view* view, uint32_t axis,
                                      const uint8_t* data) {
  int64_t count = axis < view->rank ? view->dims[axis] : 1;
  int64_t i;
  if (axis + 1 < view->rank) {
    for (i = 0; i < count && text->length < TEXT_LIMIT; ++i) {
      vm_text_append(text, "[");
      data = append_elements(text, view, axis + 1, data);
      vm_text_append(text, "]");
    }
    return data;
  }
  for (i = 0; i < count && text->length < TEXT_LIMIT; ++i, data += hal_element_bits(view->element_type) / 8) {
    if (i) vm_text_append(text, " ");
    append_element(text, view->element_type, data);
  }
  return data;
}

/* Packed elements have no address of their own. */
static void append_contents(vm_text* text, const hal_buffer_view* view) {
  if (hal_element_bits(view->element_type) % 8) {
    append_hex(text, hal_buffer_view_data(view), hal_buffer_view_length(view));
  } else {
    append_elements(text, view, 0, hal_buffer_view_data(view));
  }
}

size_t hal_format_element_type(int32_t element_type, char* text, size_t capacity) {
  vm_text out = {text, capacity, 0};
  append_element_type(&out, element_type);
  return out.length;
}

size_t hal_format_shape(uint32_t rank, const int64_t* dims, char* text, size_t capacity) {
  vm_text out = {text, capacity, 0};
  vm_text_append(&out, "%s", "");
  append_shape(&out, rank, dims);
  return out.length;
}

size_t hal_format_view(const hal_buffer_view* view, char* text, size_t capacity) {
  vm_text out = {text, capacity, 0};
  append_shape(&out, view->rank, view->dims);
  vm_text_append(&out, "%s", view->rank ? "x" : "");
  append_element_type(&out, view->element_type);
  vm_text_append(&out, "=");
  append_contents(&out, view);
  return out.length;
}
