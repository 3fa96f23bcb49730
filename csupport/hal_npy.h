/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays in numpy's files (.npy) as views, for programs around a module. */
#ifndef HAL_NPY_H
#define HAL_NPY_H

#include "hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A new dense view of zeros with memory of its own.  Fails as hal_dense_length does, or with RESOURCE_EXHAUSTED. */
vm_status hal_buffer_view_zeros(const vm_allocator* allocator, int32_t element_type, uint32_t rank,
                                const int64_t* dims, hal_buffer_view** result);

/* The array in a file.  NOT_FOUND: the file cannot be read; INVALID_ARGUMENT: it holds no array; DATA_LOSS: it ends too
 * early; UNIMPLEMENTED: the array is big-endian, in Fortran order, or of elements that no module has. */
vm_status hal_npy_read(const vm_allocator* allocator, const char* path, hal_buffer_view** result);

/* Writes a dense view as an array; elements that numpy has no type for become opaque ones of their size.
 * UNIMPLEMENTED: its elements are smaller than a byte; PERMISSION_DENIED: the file cannot be written. */
vm_status hal_npy_write(const char* path, const hal_buffer_view* view);

#ifdef __cplusplus
}
#endif
#endif
