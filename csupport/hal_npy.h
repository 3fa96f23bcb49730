/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays in numpy's files (.npy) and as text, as views: for programs around a module. */
#ifndef HAL_NPY_H
#define HAL_NPY_H

#include <stdio.h>

#include "hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A new dense view of zeros with memory of its own.  Fails as hal_dense_length does, or with RESOURCE_EXHAUSTED. */
vm_status hal_buffer_view_zeros(const vm_allocator* allocator, int32_t element_type, uint32_t rank,
                                const int64_t* dims, hal_buffer_view** result);

/* The array at the place where a file is read, which is then behind it.  INVALID_ARGUMENT: there is no array; DATA_LOSS:
 * it ends too early; UNIMPLEMENTED: it is big-endian, in Fortran order, or of elements that no module has. */
vm_status hal_npy_read(const vm_allocator* allocator, FILE* file, hal_buffer_view** result);

/* Writes a dense view as an array; elements that numpy has no type for become opaque ones of their size.
 * UNIMPLEMENTED: its elements are smaller than a byte; DATA_LOSS: the file cannot be written. */
vm_status hal_npy_write(FILE* file, const hal_buffer_view* view);

/* A new dense view of what text says as IREE's tools read it, `2x3xf32=1 2 3 4 5 6`; of one value
 * everywhere, `2x3xf32=1`; of zeros, `2x3xf32`.  INVALID_ARGUMENT: the text is none; OUT_OF_RANGE: it has too few values
 * or too many, or sizes that are. */
vm_status hal_parse_view(const vm_allocator* allocator, const char* text, hal_buffer_view** result);

/* The part before `=` alone, as a view of zeros; `contents` is what is behind it, or NULL. */
vm_status hal_parse_zeros(const vm_allocator* allocator, const char* text, hal_buffer_view** result,
                          const char** contents);

/* Numbers as C's strtol and strtof read them: what is behind a number is left out.  Integers may be hexadecimal or
 * octal, and wrap to 32 bits.  INVALID_ARGUMENT: the text is none, or it is longer than the tools take. */
vm_status hal_parse_integer(const char* text, int bits, int is_signed, uint64_t* result);
vm_status hal_parse_float(const char* text, int bits, double* result);

#ifdef __cplusplus
}
#endif
#endif
