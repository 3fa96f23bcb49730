/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation, and buffers as the host program sees them.  All memory has all types and all usages. */
#include <string.h>

#include "hal_internal.h"
#include "hal_module.h"

enum { USAGE_SHARING_IMMUTABLE = 0x80000 };

/* ---- allocation ---- */

vm_status hal_allocator_allocate(vm_instance* vm, vm_ref allocator, int64_t affinity, int32_t types,
                                 int32_t usage, int64_t size, vm_ref* result) {
  hal_buffer* buffer;
  vm_status status = hal_check_type(vm, allocator, &hal_type_allocator);
  (void)affinity, (void)types, (void)usage;
  if (status != VM_OK) return status;
  status = hal_buffer_allocate(vm->allocator, (uint64_t)size, 0, &buffer);
  if (status != VM_OK) return hal_no_memory(vm, (uint64_t)size);
  *result = &buffer->object;
  return VM_OK;
}

static VM_COLD vm_status bad_import_range(vm_instance* vm, int64_t offset, int64_t length, uint64_t limit) {
  (void)offset, (void)length, (void)limit;
  return vm_raise(vm, VM_INVALID_ARGUMENT, "source range [%lld, +%lld) is outside of a buffer of %llu bytes",
                  (long long)offset, (long long)length, (unsigned long long)limit);
}

/* A buffer over all bytes of another; over those of a constant that the instance has a copy of, one to write to. */
static vm_status import_storage(vm_instance* vm, vm_buffer* source, vm_buffer** result) {
  *result = source;
  if (source->access & VM_ACCESS_PRIVATE) {
    return vm_buffer_wrap(vm->allocator, source->data, source->length, VM_ACCESS_MUTABLE, &source->object,
                          result);
  }
  (void)vm_retain(&source->object);
  return VM_OK;
}

/* The buffer shares the bytes.  Immutable sharing promises that nobody writes; compilers ask for it and then write
 * slices into their constants, so a constant that may be written is the instance's own copy.  The others are shared and
 * read-only. */
vm_status hal_allocator_import(vm_instance* vm, vm_ref allocator, int32_t try_only, int64_t affinity,
                               int32_t types, int32_t usage, vm_ref source, int64_t offset, int64_t length,
                               vm_ref* result) {
  hal_buffer* buffer;
  vm_buffer* storage;
  vm_ref creation;
  vm_span bytes;
  uint64_t size = (uint64_t)length;
  vm_status status = hal_check_type(vm, allocator, &hal_type_allocator);
  if (status == VM_OK) status = hal_check_bytes(vm, source, &bytes);
  (void)affinity, (void)types, (void)try_only;
  if (status != VM_OK) return status;
  if ((uint64_t)offset > bytes.readable) return bad_import_range(vm, offset, length, bytes.readable);
  if (length == -1) size = bytes.readable - (uint64_t)offset;
  if (size > bytes.readable - (uint64_t)offset) return bad_import_range(vm, offset, length, bytes.readable);
  if (bytes.store_fault == VM_PERMISSION_DENIED && !(usage & USAGE_SHARING_IMMUTABLE)) {
    return vm_raise(vm, VM_PERMISSION_DENIED,
                    "source buffer is immutable and cannot be imported for mutation");
  }
  status = import_storage(vm, (vm_buffer*)source, &storage);
  if (status != VM_OK) return hal_no_memory(vm, size);
  status = hal_buffer_wrap(vm->allocator, storage, (uint64_t)offset, size, &buffer);
  creation = &storage->object;
  vm_release(&creation);
  if (status != VM_OK) return hal_no_memory(vm, size);
  *result = &buffer->object;
  return VM_OK;
}

vm_status hal_allocator_select(vm_instance* vm, int32_t types, int32_t usage, int64_t flags, uint32_t count,
                               const vm_ref* devices, const int64_t* affinities, vm_ref* device,
                               int64_t* affinity) {
  vm_status status;
  (void)types, (void)usage, (void)flags;
  if (!count) return vm_raise(vm, VM_INVALID_ARGUMENT, "at least one device must be given");
  if (count > HAL_DEVICE_LIMIT)
    return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "%u devices are too many", (unsigned)count);
  status = hal_check_type(vm, devices[0], &hal_type_device);
  if (status != VM_OK) return status;
  *device = vm_retain(devices[0]);
  *affinity = affinities[0];
  return VM_OK;
}

/* ---- buffers ---- */

static VM_COLD vm_status too_short(vm_instance* vm, vm_ref message, uint64_t length, uint64_t minimum) {
  hal_label name = hal_label_of(message);
  (void)name, (void)length, (void)minimum;
  return vm_raise(vm, VM_INVALID_ARGUMENT, "%.*s buffer byte length %llu less than expected minimum %llu",
                  name.length, name.text, (unsigned long long)length, (unsigned long long)minimum);
}

vm_status hal_buffer_assert(vm_instance* vm, vm_ref buffer, vm_ref message, vm_ref allocator,
                            int64_t minimum_length, int32_t types, int32_t usage) {
  hal_buffer* target;
  vm_status status = hal_check_buffer(vm, buffer, &target);
  (void)allocator, (void)types, (void)usage;
  if (status != VM_OK) return status;
  if (target->length < (uint64_t)minimum_length) {
    return too_short(vm, message, target->length, (uint64_t)minimum_length);
  }
  return VM_OK;
}

/* The bytes of an access of 1 to 4 bytes. */
static vm_status access_bytes(vm_instance* vm, vm_ref buffer, int64_t offset, int32_t count,
                              uint8_t** result) {
  hal_buffer* target;
  uint64_t length = (uint64_t)(uint32_t)count;
  vm_status status = hal_check_buffer(vm, buffer, &target);
  if (status != VM_OK) return status;
  if (length > 4)
    return vm_raise(vm, VM_INVALID_ARGUMENT, "length %llu exceeds max", (unsigned long long)length);
  status = hal_check_range(vm, (uint64_t)offset, &length, target->length);
  if (status == VM_OK) *result = hal_buffer_data(target) + offset;
  return status;
}

vm_status hal_buffer_load(vm_instance* vm, vm_ref buffer, int64_t offset, int32_t count, int32_t* result) {
  uint8_t* bytes = NULL;
  vm_status status = access_bytes(vm, buffer, offset, count, &bytes);
  if (status != VM_OK) return status;
  *result = 0;
  memcpy(result, bytes, (size_t)count);
  return VM_OK;
}

vm_status hal_buffer_store(vm_instance* vm, int32_t value, vm_ref buffer, int64_t offset, int32_t count) {
  uint8_t* bytes = NULL;
  vm_status status = access_bytes(vm, buffer, offset, count, &bytes);
  if (status != VM_OK) return status;
  if (!(hal_cast_buffer(buffer)->storage->access & VM_ACCESS_MUTABLE)) {
    return vm_raise(vm, VM_PERMISSION_DENIED, "buffer is read-only and cannot be mapped for mutation");
  }
  memcpy(bytes, &value, (size_t)count);
  return VM_OK;
}

/* ---- ownership that the program counts by itself ---- */

static vm_status allocation_of(vm_instance* vm, vm_ref buffer, hal_buffer** result) {
  vm_status status = hal_check_buffer(vm, buffer, result);
  if (status == VM_OK && (*result)->root) *result = (*result)->root;
  return status;
}

vm_status hal_buffer_allocation_preserve(vm_instance* vm, vm_ref buffer) {
  hal_buffer* root;
  vm_status status = allocation_of(vm, buffer, &root);
  if (status == VM_OK && root->preserve_count < INT32_MAX) root->preserve_count += 1;
  return status;
}

vm_status hal_buffer_allocation_discard(vm_instance* vm, vm_ref buffer, int32_t* result) {
  hal_buffer* root;
  vm_status status = allocation_of(vm, buffer, &root);
  if (status != VM_OK) return status;
  if (root->preserve_count > 0) root->preserve_count -= 1;
  *result = root->preserve_count == 0;
  return VM_OK;
}

vm_status hal_buffer_allocation_is_terminal(vm_instance* vm, vm_ref buffer, int32_t* result) {
  hal_buffer* root;
  vm_status status = allocation_of(vm, buffer, &root);
  if (status == VM_OK) *result = root->preserve_count == 1;
  return status;
}
