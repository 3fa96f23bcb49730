/* SPDX-License-Identifier: Apache-2.0 */
#include "hal.h"
#include "internal.h"

static void buffer_destroy(vm_object* object) {
  hal_buffer* buffer = (hal_buffer*)object;
  vm_ref storage = &buffer->storage->object;
  vm_ref root = (vm_ref)buffer->root;
  vm_release(&storage);
  vm_release(&root);
  vm_release_array(object->allocator, buffer, 1, sizeof *buffer);
}

const vm_type hal_type_buffer = {"!hal.buffer", VM_TYPE_REF, buffer_destroy};

vm_status hal_buffer_wrap(const vm_allocator* allocator, vm_buffer* storage, uint64_t offset, uint64_t length,
                          hal_buffer** result) {
  hal_buffer* buffer = (hal_buffer*)vm_allocate_array(allocator, 1, sizeof *buffer);
  *result = buffer;
  if (!buffer) return VM_RESOURCE_EXHAUSTED;
  buffer->object.type = &hal_type_buffer;
  buffer->object.allocator = allocator;
  buffer->object.references = 1;
  buffer->storage = (vm_buffer*)vm_retain(&storage->object);
  buffer->offset = offset;
  buffer->length = length;
  buffer->preserve_count = 1;
  return VM_OK;
}

vm_status hal_buffer_allocate(const vm_allocator* allocator, uint64_t length, uint32_t alignment,
                              hal_buffer** result) {
  vm_buffer* storage;
  vm_ref creation;
  vm_status status = vm_buffer_create(allocator, length, alignment < 64 ? 64 : alignment, &storage);
  *result = NULL;
  if (status != VM_OK) return status;
  status = hal_buffer_wrap(allocator, storage, 0, length, result);
  creation = &storage->object;
  vm_release(&creation); /* the buffer has its own reference now */
  return status;
}

vm_status hal_buffer_subspan(const vm_allocator* allocator, hal_buffer* buffer, uint64_t offset,
                             uint64_t length, hal_buffer** result) {
  vm_status status;
  *result = NULL;
  if (offset > buffer->length) return VM_OUT_OF_RANGE;
  if (length == UINT64_MAX) length = buffer->length - offset;
  if (length > buffer->length - offset) return VM_OUT_OF_RANGE;
  if (length == buffer->length) {
    *result = (hal_buffer*)vm_retain(&buffer->object);
    return VM_OK;
  }
  status = hal_buffer_wrap(allocator, buffer->storage, buffer->offset + offset, length, result);
  if (status == VM_OK) {
    (*result)->root = (hal_buffer*)vm_retain(buffer->root ? (vm_ref)buffer->root : (vm_ref)buffer);
  }
  return status;
}
