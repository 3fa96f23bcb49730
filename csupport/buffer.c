/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

static void buffer_destroy(vm_object* object) {
  vm_buffer* buffer = (vm_buffer*)object;
  const vm_allocator* allocator = object->allocator;
  vm_release(&buffer->owner);
  allocator->release(allocator->self, buffer, buffer->block_size);
}

const vm_type vm_type_buffer = {"!vm.buffer", VM_TYPE_REF, buffer_destroy};

static vm_buffer* buffer_allocate(const vm_allocator* allocator, size_t size, size_t alignment) {
  vm_buffer* buffer = (vm_buffer*)allocator->allocate(allocator->self, size, alignment);
  if (!buffer) return NULL;
  buffer->object.type = &vm_type_buffer;
  buffer->object.allocator = allocator;
  buffer->object.references = 1;
  buffer->block_size = size;
  return buffer;
}

/* The object and its data are one allocation: one failure to handle, and the length 0 needs no special case.
 */
vm_status vm_buffer_create(const vm_allocator* allocator, uint64_t length, uint32_t alignment,
                           vm_buffer** result) {
  size_t effective = alignment < 16 ? 16 : alignment;
  size_t header = (sizeof(vm_buffer) + effective - 1) & ~(effective - 1);
  *result = NULL;
  if (alignment & (alignment - 1)) return VM_INVALID_ARGUMENT;
  if (header > PTRDIFF_MAX || length > PTRDIFF_MAX - header) return VM_RESOURCE_EXHAUSTED;
  *result = buffer_allocate(allocator, header + (size_t)length, effective);
  if (!*result) return VM_RESOURCE_EXHAUSTED;
  (*result)->data = (uint8_t*)*result + header;
  (*result)->length = length;
  (*result)->access = VM_ACCESS_MUTABLE;
  return VM_OK;
}

/* Without this a program that wraps a view of a view of a view could make destruction recurse without bound.
 */
static vm_ref root_owner(vm_ref owner) {
  vm_ref root = owner && owner->type == &vm_type_buffer ? ((vm_buffer*)owner)->owner : NULL;
  return root ? root : owner;
}

vm_status vm_buffer_wrap(const vm_allocator* allocator, uint8_t* data, uint64_t length, uint32_t access,
                         vm_ref owner, vm_buffer** result) {
  *result = buffer_allocate(allocator, sizeof(vm_buffer), 16);
  if (!*result) return VM_RESOURCE_EXHAUSTED;
  (*result)->data = data ? data : (uint8_t*)*result; /* no bytes still need an address to add 0 to */
  (*result)->length = length;
  (*result)->access = access;
  (*result)->owner = vm_retain(root_owner(owner));
  return VM_OK;
}
