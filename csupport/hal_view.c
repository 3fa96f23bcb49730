/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hal.h"
#include "internal.h"

static void view_destroy(vm_object* object) {
  hal_buffer_view* view = (hal_buffer_view*)object;
  const vm_allocator* allocator = object->allocator;
  vm_ref buffer = (vm_ref)view->buffer;
  vm_release(&buffer);
  vm_release_array(allocator, view->dims, view->rank, sizeof(int64_t));
  vm_release_array(allocator, view, 1, sizeof *view);
}

const vm_type hal_type_buffer_view = {"!hal.buffer_view", VM_TYPE_REF, view_destroy};

vm_status hal_dense_length(int32_t element_type, uint32_t rank, const int64_t* dims, uint64_t* result) {
  uint64_t bits = hal_element_bits(element_type);
  uint32_t i;
  if (bits == 0) return VM_INVALID_ARGUMENT;
  for (i = 0; i < rank; ++i) {
    uint64_t dim = (uint64_t)dims[i]; /* a negative one is too large to fit below */
    if (dim && bits > UINT64_MAX / dim) return VM_OUT_OF_RANGE;
    bits *= dim;
  }
  *result = bits / 8 + (bits % 8 != 0);
  return VM_OK;
}

static vm_status check_shape(const hal_buffer* buffer, int32_t element_type, uint32_t rank,
                             const int64_t* dims) {
  uint64_t length;
  vm_status status;
  if (rank > VM_RANK_LIMIT) return VM_OUT_OF_RANGE;
  status = hal_dense_length(element_type, rank, dims, &length);
  return status == VM_OK && length > buffer->length ? VM_OUT_OF_RANGE : status;
}

static hal_buffer_view* view_allocate(const vm_allocator* allocator, uint32_t rank) {
  hal_buffer_view* view = (hal_buffer_view*)vm_allocate_array(allocator, 1, sizeof *view);
  if (!view) return NULL;
  view->object.type = &hal_type_buffer_view;
  view->object.allocator = allocator;
  view->object.references = 1;
  view->rank = rank;
  view->dims = (int64_t*)vm_allocate_array(allocator, rank, sizeof(int64_t));
  if (!view->dims) {
    view_destroy(&view->object);
    return NULL;
  }
  return view;
}

vm_status hal_buffer_view_create(const vm_allocator* allocator, hal_buffer* buffer, int32_t element_type,
                                 int32_t encoding, uint32_t rank, const int64_t* dims,
                                 hal_buffer_view** result) {
  vm_status status = check_shape(buffer, element_type, rank, dims);
  hal_buffer_view* view = status == VM_OK ? view_allocate(allocator, rank) : NULL;
  *result = view;
  if (status != VM_OK) return status;
  if (!view) return VM_RESOURCE_EXHAUSTED;
  view->buffer = (hal_buffer*)vm_retain(&buffer->object);
  view->element_type = element_type;
  view->encoding = encoding;
  if (rank) memcpy(view->dims, dims, rank * sizeof(int64_t));
  return VM_OK;
}

static vm_status wrap(const vm_allocator* allocator, uint8_t* data, uint64_t bytes, uint32_t access,
                      int32_t element_type, uint32_t rank, const int64_t* dims, hal_buffer_view** result) {
  vm_buffer* storage;
  hal_buffer* buffer = NULL;
  vm_ref storage_ref, buffer_ref;
  vm_status status = vm_buffer_wrap(allocator, data, bytes, access, NULL, &storage);
  *result = NULL;
  if (status != VM_OK) return status;
  status = hal_buffer_wrap(allocator, storage, 0, bytes, &buffer);
  if (status == VM_OK) {
    status = hal_buffer_view_create(allocator, buffer, element_type, HAL_ENCODING_DENSE, rank, dims, result);
  }
  storage_ref = (vm_ref)storage;
  buffer_ref = (vm_ref)buffer;
  vm_release(&buffer_ref);
  vm_release(&storage_ref);
  return status;
}

vm_status hal_buffer_view_wrap(const vm_allocator* allocator, void* data, uint64_t bytes,
                               int32_t element_type, uint32_t rank, const int64_t* dims,
                               hal_buffer_view** result) {
  return wrap(allocator, (uint8_t*)data, bytes, VM_ACCESS_MUTABLE, element_type, rank, dims, result);
}

/* That the field is not constant says nothing: the storage lacks VM_ACCESS_MUTABLE. */
vm_status hal_buffer_view_wrap_const(const vm_allocator* allocator, const void* data, uint64_t bytes,
                                     int32_t element_type, uint32_t rank, const int64_t* dims,
                                     hal_buffer_view** result) {
  return wrap(allocator, (uint8_t*)(uintptr_t)data, bytes, 0, element_type, rank, dims, result);
}

vm_status hal_array_wrap(vm_instance* vm, const void* data, uint64_t bytes, int32_t element_type,
                         uint32_t rank, const int64_t* dims, vm_ref* result) {
  hal_buffer_view* view = NULL;
  vm_status status = hal_buffer_view_wrap_const(vm->allocator, data, bytes, element_type, rank, dims, &view);
  *result = (vm_ref)view;
  return status == VM_OK
             ? VM_OK
             : vm_raise(vm, status, "no view of an array of %llu bytes", (unsigned long long)bytes);
}

vm_status hal_array_copy(vm_instance* vm, vm_ref view, void* data, uint64_t bytes) {
  const hal_buffer_view* from = hal_cast_view(view);
  uint64_t length = from ? hal_buffer_view_length(from) : 0;
  if (length != bytes) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "a result of %llu bytes for an array of %llu",
                    (unsigned long long)length, (unsigned long long)bytes);
  }
  memcpy(data, hal_buffer_view_data(from), (size_t)bytes);
  return VM_OK;
}

uint8_t* hal_buffer_view_data(const hal_buffer_view* view) { return hal_buffer_data(view->buffer); }
uint64_t hal_buffer_view_length(const hal_buffer_view* view) { return view->buffer->length; }
int32_t hal_buffer_view_element_type(const hal_buffer_view* view) { return view->element_type; }
uint32_t hal_buffer_view_rank(const hal_buffer_view* view) { return view->rank; }
const int64_t* hal_buffer_view_dims(const hal_buffer_view* view) { return view->dims; }
