/* SPDX-License-Identifier: Apache-2.0 */
/* Views from text in IREE's notation, with what its tools take and refuse. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hal_float.h"
#include "hal_npy.h"

enum { SHORT = 16, LONG = 32, WORD = 256 }; /* the tools' buffers for numbers; ours for an element */

/* ---- numbers ---- */

vm_status hal_parse_integer(const char* text, int bits, int is_signed, uint64_t* result) {
  char* end;
  if (strlen(text) >= (bits == 32 ? SHORT : LONG)) return VM_INVALID_ARGUMENT;
  errno = 0;
  *result = is_signed ? (uint64_t)strtoll(text, &end, 0) : (uint64_t)strtoull(text, &end, 0);
  if (bits == 32) *result = is_signed ? (uint64_t)(int64_t)(int32_t)*result : (uint32_t)*result;
  return end != text && !errno ? VM_OK : VM_INVALID_ARGUMENT;
}

vm_status hal_parse_float(const char* text, int bits, double* result) {
  char* end;
  if (strlen(text) >= LONG) return VM_INVALID_ARGUMENT;
  errno = 0;
  *result = bits == 32 ? (double)strtof(text, &end) : strtod(text, &end);
  if (*result == 0 && errno) return VM_INVALID_ARGUMENT; /* it underflows */
  return end != text ? VM_OK : VM_INVALID_ARGUMENT;
}

/* ---- element types and shapes ---- */

static vm_status parse_element_type(const char* name, int32_t* result) {
  static const struct {
    const char* prefix;
    uint32_t kind;
  } classes[] = {{"si", HAL_CLASS_SIGNED}, {"ui", HAL_CLASS_UNSIGNED}, {"i", HAL_CLASS_INTEGER},
                 {"bf", HAL_CLASS_BFLOAT}, {"cf", HAL_CLASS_COMPLEX},  {"f", HAL_CLASS_IEEE},
                 {"x", HAL_CLASS_OPAQUE},  {"*", HAL_CLASS_OPAQUE}},
    whole[] = {{"i1", HAL_CLASS_BOOL},
               {"f8E5M2", HAL_CLASS_F8E5M2},
               {"f8E4M3FN", HAL_CLASS_F8E4M3FN},
               {"f8E5M2FNUZ", HAL_CLASS_F8E5M2FNUZ},
               {"f8E4M3FNUZ", HAL_CLASS_F8E4M3FNUZ},
               {"f8E8M0FNU", HAL_CLASS_F8E8M0FNU}};
  size_t i;
  uint64_t bits = 0;
  for (i = 0; i < sizeof whole / sizeof *whole; i++) {
    if (strcmp(name, whole[i].prefix) == 0) return *result = (int32_t)(whole[i].kind << 24 | 8), VM_OK;
  }
  for (i = 0; i < sizeof classes / sizeof *classes; i++) {
    size_t length = strlen(classes[i].prefix);
    if (strncmp(name, classes[i].prefix, length) != 0) continue;
    if (hal_parse_integer(name + length, 32, 0, &bits) != VM_OK || bits > 0xFF) return VM_INVALID_ARGUMENT;
    *result = (int32_t)(classes[i].kind << 24 | (uint32_t)bits);
    return VM_OK;
  }
  return VM_INVALID_ARGUMENT;
}

/* `2x3x` before an element type. */
static vm_status parse_shape(char* text, uint32_t* rank, int64_t* dims) {
  *rank = 0;
  while (*text) {
    char* end = strchr(text, 'x');
    uint64_t size;
    *end = 0;
    if (*rank == VM_RANK_LIMIT) return VM_OUT_OF_RANGE;
    if (hal_parse_integer(text, 64, 1, &size) != VM_OK || (int64_t)size < 0) return VM_INVALID_ARGUMENT;
    dims[(*rank)++] = (int64_t)size;
    text = end + 1;
  }
  return VM_OK;
}

vm_status hal_parse_zeros(const vm_allocator* allocator, const char* text, hal_buffer_view** result,
                          const char** contents) {
  char head[VM_RANK_LIMIT * LONG];
  size_t length;
  int64_t dims[VM_RANK_LIMIT];
  int32_t element_type = 0;
  uint32_t rank = 0;
  char *name, type[LONG];
  vm_status status;
  *result = NULL;
  text += strspn(text, " \t\n\v\f\r");
  text += *text == '"';
  length = strcspn(text, "=");
  *contents = text[length] ? text + length + 1 : NULL;
  if (length >= sizeof head) return VM_OUT_OF_RANGE;
  memcpy(head, text, length);
  head[length] = 0;
  name = strrchr(head, 'x') ? strrchr(head, 'x') + 1 : head;
  if (strlen(name) >= sizeof type) return VM_INVALID_ARGUMENT;
  strcpy(type, name);
  *name = 0;
  status = parse_element_type(type, &element_type);
  if (status == VM_OK && strcmp(head, "x") != 0) status = parse_shape(head, &rank, dims);
  return status == VM_OK ? hal_buffer_view_zeros(allocator, element_type, rank, dims, result) : status;
}

/* ---- elements ---- */

/* As functions, since the macros of some C libraries make floats of doubles. */
static int is_nan(double value) { return value != value; }
static int is_infinite(double value) { return !is_nan(value) && is_nan(value - value); }

/* The nearest number of a format, ties to even.  What is smaller than its smallest is 0, as the tools have it, but for
 * bf16, whose range is that of f32. */
static uint32_t encode_small(double value, hal_float_format format) {
  int mantissa = format.mantissa_bits, width = mantissa + format.exponent_bits, exponent;
  double least = ldexp(1.0, format.exponent_bits == 8 ? -149 : 1 - format.bias - mantissa);
  uint32_t sign = copysign(1.0, value) < 0 ? 1u << width : 0;
  uint32_t end = format.has_infinity ? (1u << width) - (1u << mantissa)
                 : format.nan < 0    ? 1u << width
                                     : 0x7Fu;
  uint32_t code = 0;
  if (is_nan(value))
    return format.nan < 0 ? end : width == 15 ? sign | (uint32_t)format.nan : (uint32_t)format.nan;
  if (is_infinite(value)) {
    code = end;
  } else if (fabs(value) >= least) {
    frexp(value, &exponent);
    exponent = exponent + format.bias > 2 ? exponent + format.bias - 2 : 0;
    code = ((uint32_t)exponent << mantissa) +
           (uint32_t)rint(ldexp(fabs(value), mantissa + format.bias - 1 - exponent));
  }
  if (format.nan < 0) return code >= end ? end : code ? sign | code : 0; /* there is no -0 */
  return sign | (code < end ? code : end);
}

/* The nearest power of two, what is between two upwards. */
static uint32_t encode_power(double value) {
  int exponent;
  double fraction;
  if (is_nan(value) || is_infinite(value)) return 0xFF;
  if (value <= 0) return 0;
  fraction = frexp(value, &exponent);
  exponent += 126 + (fraction >= 0.75);
  if (exponent > 254) return value <= ldexp(1.25, 127) ? 254 : 0xFF;
  return exponent < 0 ? 0 : (uint32_t)exponent;
}

static vm_status parse_float_element(const char* text, int32_t element_type, uint64_t* result) {
  uint32_t kind = hal_element_class(element_type), bits = hal_element_bits(element_type);
  double value;
  float narrow;
  vm_status status = hal_parse_float(text, bits == 64 ? 64 : 32, &value);
  if (status != VM_OK) return status;
  narrow = (float)value;
  if (bits == 64)
    memcpy(result, &value, sizeof value);
  else if (bits == 32)
    memcpy(result, &narrow, sizeof narrow);
  else
    *result =
        kind == HAL_CLASS_F8E8M0FNU ? encode_power(value) : encode_small(value, hal_float_format_of(kind));
  return VM_OK;
}

/* Types without a sign take signed and unsigned numbers; signed ones are checked upwards only, and wrap. */
static vm_status parse_integer_element(const char* text, int32_t element_type, uint64_t* result) {
  uint32_t kind = hal_element_class(element_type);
  int bits = (int)hal_element_bits(element_type), is_signed = kind != HAL_CLASS_UNSIGNED;
  vm_status status = hal_parse_integer(text, bits < 32 ? 32 : bits, is_signed, result);
  int64_t value = (int64_t)*result;
  if (status != VM_OK || bits >= 32) return status;
  if (value > ((int64_t)1 << (kind == HAL_CLASS_SIGNED ? bits - 1 : bits)) - 1) return VM_INVALID_ARGUMENT;
  return kind == HAL_CLASS_INTEGER && value < -((int64_t)1 << (bits - 1)) ? VM_INVALID_ARGUMENT : VM_OK;
}

static uint8_t digit_of(char character) {
  const char* at = strchr("0123456789ABCDEF", toupper((unsigned char)character));
  return at && character ? (uint8_t)(at - "0123456789ABCDEF") : 0;
}

/* Bytes in hexadecimal; the tools take any other character for 0. */
static vm_status parse_bytes(const char* text, uint8_t* target, size_t size) {
  size_t i;
  if (strlen(text) != 2 * size) return VM_INVALID_ARGUMENT;
  for (i = 0; i < size; i++) target[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
  return VM_OK;
}

static vm_status parse_element(const char* text, int32_t element_type, uint8_t* target, size_t size) {
  uint64_t value = 0;
  vm_status status;
  if (!hal_is_float(element_type) && !hal_is_integer(element_type)) return parse_bytes(text, target, size);
  status = hal_is_float(element_type) ? parse_float_element(text, element_type, &value)
                                      : parse_integer_element(text, element_type, &value);
  memcpy(target, &value, size);
  return status;
}

/* ---- contents ---- */

static const char SEPARATORS[] = " \t\n\v\f\r,[]";

/* Elements in their order; one alone is repeated. */
static vm_status fill(const char* text, int32_t element_type, uint8_t* target, uint64_t length) {
  size_t size = (hal_element_bits(element_type) + 7) / 8;
  uint64_t capacity = length / size, count = 0;
  int several;
  for (text += strspn(text, SEPARATORS); *text; text += strspn(text, SEPARATORS)) {
    char token[WORD];
    size_t width = strcspn(text, SEPARATORS);
    vm_status status = VM_INVALID_ARGUMENT;
    if (count == capacity) return VM_OUT_OF_RANGE;
    if (width >= sizeof token) return status;
    memcpy(token, text, width);
    token[width] = 0;
    status = parse_element(token, element_type, target + count++ * size, size);
    if (status != VM_OK) return status;
    text += width;
  }
  several = count > 1;
  while (count && count < capacity && !several) memcpy(target + count++ * size, target, size);
  return count == capacity ? VM_OK : VM_OUT_OF_RANGE;
}

vm_status hal_parse_view(const vm_allocator* allocator, const char* text, hal_buffer_view** result) {
  const char* contents;
  vm_status status = hal_parse_zeros(allocator, text, result, &contents);
  vm_ref unused;
  if (status != VM_OK || !contents || !*contents) return status;
  status =
      fill(contents, (*result)->element_type, hal_buffer_view_data(*result), hal_buffer_view_length(*result));
  if (status == VM_OK) return VM_OK;
  unused = &(*result)->object;
  vm_release(&unused);
  *result = NULL;
  return status;
}
