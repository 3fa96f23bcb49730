/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors as programs and their callers exchange them: buffers, and views that give a buffer's bytes a shape.
 */
#ifndef HAL_H
#define HAL_H

#include "vm.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const vm_type hal_type_buffer, hal_type_buffer_view;
extern const vm_type hal_type_allocator, hal_type_command_buffer, hal_type_device, hal_type_executable;
extern const vm_type hal_type_fence, hal_type_file, hal_type_descriptor_set_layout, hal_type_pipeline_layout;

/* ---- element types: class << 24 | bits ----------------------------------------------------------------- */

enum {
  HAL_CLASS_OPAQUE = 0x00,
  HAL_CLASS_INTEGER = 0x10, /* this bit is set in all four integer classes */
  HAL_CLASS_SIGNED = 0x11,
  HAL_CLASS_UNSIGNED = 0x12,
  HAL_CLASS_BOOL = 0x13,
  HAL_CLASS_IEEE = 0x21,
  HAL_CLASS_BFLOAT = 0x22,
  HAL_CLASS_COMPLEX = 0x23,
  HAL_CLASS_F8E5M2 = 0x24,
  HAL_CLASS_F8E4M3FN = 0x25,
  HAL_CLASS_F8E5M2FNUZ = 0x26,
  HAL_CLASS_F8E4M3FNUZ = 0x27,
  HAL_CLASS_F8E8M0FNU = 0x28
};

enum {
  HAL_BOOL8 = 0x13000008,
  HAL_I8 = 0x10000008,
  HAL_I16 = 0x10000010,
  HAL_I32 = 0x10000020,
  HAL_I64 = 0x10000040,
  HAL_U8 = 0x12000008,
  HAL_U16 = 0x12000010,
  HAL_U32 = 0x12000020,
  HAL_U64 = 0x12000040,
  HAL_F16 = 0x21000010,
  HAL_F32 = 0x21000020,
  HAL_F64 = 0x21000040,
  HAL_BF16 = 0x22000010
};

enum { HAL_ENCODING_OPAQUE = 0, HAL_ENCODING_DENSE = 1 };

VM_INLINE uint32_t hal_element_class(int32_t element_type) { return (uint32_t)element_type >> 24; }
VM_INLINE uint32_t hal_element_bits(int32_t element_type) { return (uint32_t)element_type & 0xFFu; }

/* Bytes of a dense tensor: elements of less than a byte are packed.  Fails with OUT_OF_RANGE when that is no
 * 64-bit number, as for a negative dimension, and with INVALID_ARGUMENT for elements without bits. */
vm_status hal_dense_length(int32_t element_type, uint32_t rank, const int64_t* dims, uint64_t* result);

/* ---- buffers ------------------------------------------------------------------------------------------- */

/* A range of bytes of an allocation. */
typedef struct hal_buffer {
  vm_object object;
  vm_buffer* storage; /* retained */
  struct hal_buffer*
      root;        /* retained; the buffer this is a span of, or NULL when it is the allocation itself */
  uint64_t offset; /* in the storage */
  uint64_t length;
  int32_t preserve_count; /* of the allocation: the root's counts */
} hal_buffer;

/* New zero-filled buffer, aligned to 64 bytes or more. */
vm_status hal_buffer_allocate(const vm_allocator* allocator, uint64_t length, uint32_t alignment,
                              hal_buffer** result);

/* The bytes [offset, offset + length) of a vm.buffer, which is retained; the caller has checked the range. */
vm_status hal_buffer_wrap(const vm_allocator* allocator, vm_buffer* storage, uint64_t offset, uint64_t length,
                          hal_buffer** result);

/* A part of a buffer; length -1 (as unsigned) means the rest.  The whole is the buffer itself, and a span of
 * a span is one of the root.  Fails with OUT_OF_RANGE. */
vm_status hal_buffer_subspan(const vm_allocator* allocator, hal_buffer* buffer, uint64_t offset,
                             uint64_t length, hal_buffer** result);

VM_INLINE uint8_t* hal_buffer_data(const hal_buffer* buffer) {
  return buffer->storage->data + buffer->offset;
}
VM_INLINE uint64_t hal_buffer_length(const hal_buffer* buffer) { return buffer->length; }

/* ---- views --------------------------------------------------------------------------------------------- */

typedef struct hal_buffer_view {
  vm_object object;
  hal_buffer* buffer; /* retained */
  int32_t element_type;
  int32_t encoding;
  uint32_t rank;
  int64_t* dims;
} hal_buffer_view;

/* Fails with OUT_OF_RANGE when the shape needs more bytes than the buffer has, or the rank is above
 * VM_RANK_LIMIT. */
vm_status hal_buffer_view_create(const vm_allocator* allocator, hal_buffer* buffer, int32_t element_type,
                                 int32_t encoding, uint32_t rank, const int64_t* dims,
                                 hal_buffer_view** result);

/* A dense view of the embedder's memory, which must outlive every reference to the view or its buffer.  The module may
 * write to it, keep it and return it where `vm_export.uses` says so. */
vm_status hal_buffer_view_wrap(const vm_allocator* allocator, void* data, uint64_t bytes,
                               int32_t element_type, uint32_t rank, const int64_t* dims,
                               hal_buffer_view** result);

/* The same, read-only: an attempt to write fails with PERMISSION_DENIED. */
vm_status hal_buffer_view_wrap_const(const vm_allocator* allocator, const void* data, uint64_t bytes,
                                     int32_t element_type, uint32_t rank, const int64_t* dims,
                                     hal_buffer_view** result);

/* What functions on arrays need: a read-only view of an array, and the elements of a view in an array of as many bytes. */
vm_status hal_array_wrap(vm_instance* vm, const void* data, uint64_t bytes, int32_t element_type,
                         uint32_t rank, const int64_t* dims, vm_ref* result);
vm_status hal_array_copy(vm_instance* vm, vm_ref view, void* data, uint64_t bytes);

uint8_t* hal_buffer_view_data(const hal_buffer_view* view);
uint64_t hal_buffer_view_length(const hal_buffer_view* view); /* bytes */
int32_t hal_buffer_view_element_type(const hal_buffer_view* view);
uint32_t hal_buffer_view_rank(const hal_buffer_view* view);
const int64_t* hal_buffer_view_dims(const hal_buffer_view* view);

/* Text as IREE writes it; each returns the length that was needed, as snprintf does. */
size_t hal_format_element_type(int32_t element_type, char* text, size_t capacity);        /* f32 */
size_t hal_format_shape(uint32_t rank, const int64_t* dims, char* text, size_t capacity); /* 2x3 */
size_t hal_format_view(const hal_buffer_view* view, char* text, size_t capacity);         /* 2x1xf32=[1][2] */

/* NULL when the reference is null or of another type. */
VM_INLINE hal_buffer* hal_cast_buffer(vm_ref ref) {
  return ref && ref->type == &hal_type_buffer ? (hal_buffer*)ref : NULL;
}
VM_INLINE hal_buffer_view* hal_cast_view(vm_ref ref) {
  return ref && ref->type == &hal_type_buffer_view ? (hal_buffer_view*)ref : NULL;
}

/* ---- the hal_inline module ----------------------------------------------------------------------------- */

/* Arguments in the order of the calling convention, spans as a count and values.  References are borrowed;
 * results are owned by the caller. */
vm_status hal_inline_buffer_allocate(vm_instance* vm, int32_t alignment, int64_t size, vm_ref* buffer,
                                     vm_ref* storage);
vm_status hal_inline_buffer_allocate_initialized(vm_instance* vm, int32_t alignment, vm_ref source,
                                                 int64_t offset, int64_t length, vm_ref* buffer,
                                                 vm_ref* storage);
vm_status hal_inline_buffer_length(vm_instance* vm, vm_ref buffer, int64_t* result);
vm_status hal_inline_buffer_storage(vm_instance* vm, vm_ref buffer, vm_ref* result);
vm_status hal_inline_buffer_subspan(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length,
                                    vm_ref* result);
vm_status hal_inline_buffer_wrap(vm_instance* vm, vm_ref source, int64_t offset, int64_t length,
                                 vm_ref* result);
vm_status hal_inline_buffer_view_create(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length,
                                        int32_t element_type, int32_t encoding, uint32_t rank,
                                        const int64_t* dims, vm_ref* result);
vm_status hal_inline_buffer_view_assert(vm_instance* vm, vm_ref view, vm_ref message, int32_t element_type,
                                        int32_t encoding, uint32_t rank, const int64_t* dims);
vm_status hal_inline_buffer_view_buffer(vm_instance* vm, vm_ref view, vm_ref* result);
vm_status hal_inline_buffer_view_dim(vm_instance* vm, vm_ref view, int32_t index, int64_t* result);
vm_status hal_inline_buffer_view_element_type(vm_instance* vm, vm_ref view, int32_t* result);
vm_status hal_inline_buffer_view_encoding_type(vm_instance* vm, vm_ref view, int32_t* result);
vm_status hal_inline_buffer_view_rank(vm_instance* vm, vm_ref view, int32_t* result);
vm_status hal_inline_buffer_view_trace(vm_instance* vm, vm_ref key, uint32_t count, const vm_ref* views);
vm_status hal_inline_device_query_i64(vm_instance* vm, vm_ref category, vm_ref key, int32_t* ok,
                                      int64_t* value);

#ifdef __cplusplus
}
#endif
#endif
