/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the arguments of imports, with IREE's statuses and texts. */
#include <string.h>

#include "hal_internal.h"

vm_status hal_wrong_ref(vm_instance* vm, vm_ref ref, const vm_type* type) {
  (void)type;
  if (!ref) return vm_raise(vm, VM_INVALID_ARGUMENT, "ref is null");
  return vm_raise(vm, VM_INVALID_ARGUMENT, "ref type mismatch; expected %s but have %s", type->name,
                  ref->type->name);
}

vm_status hal_no_memory(vm_instance* vm, uint64_t size) {
  (void)size;
  return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "allocator failed the request for a buffer of %llu bytes",
                  (unsigned long long)size);
}

vm_status hal_check_type(vm_instance* vm, vm_ref ref, const vm_type* type) {
  return ref && ref->type == type ? VM_OK : hal_wrong_ref(vm, ref, type);
}

vm_status hal_check_buffer(vm_instance* vm, vm_ref ref, hal_buffer** result) {
  *result = hal_cast_buffer(ref);
  return *result ? VM_OK : hal_wrong_ref(vm, ref, &hal_type_buffer);
}

vm_status hal_check_view(vm_instance* vm, vm_ref ref, hal_buffer_view** result) {
  *result = hal_cast_view(ref);
  return *result ? VM_OK : hal_wrong_ref(vm, ref, &hal_type_buffer_view);
}

vm_status hal_check_bytes(vm_instance* vm, vm_ref ref, vm_span* result) {
  *result = vm_buffer_span(ref);
  return result->load_fault != VM_INVALID_ARGUMENT ? VM_OK : hal_wrong_ref(vm, ref, &vm_type_buffer);
}

static VM_COLD vm_status bad_range(vm_instance* vm, uint64_t offset, uint64_t length, uint64_t limit) {
  (void)length, (void)limit;
  if (offset > limit) {
    return vm_raise(vm, VM_OUT_OF_RANGE,
                    "attempted to access an address off the end of the valid buffer range (offset=%llu, "
                    "length=%llu, buffer byte_length=%llu)",
                    (unsigned long long)offset, (unsigned long long)length, (unsigned long long)limit);
  }
  return vm_raise(vm, VM_OUT_OF_RANGE,
                  "attempted to access an address outside of the valid buffer range (offset=%llu, "
                  "adjusted_length=%llu, end=%llu, buffer byte_length=%llu)",
                  (unsigned long long)offset, (unsigned long long)length,
                  (unsigned long long)(offset + length - 1), (unsigned long long)limit);
}

vm_status hal_check_range(vm_instance* vm, uint64_t offset, uint64_t* length, uint64_t limit) {
  if (offset > limit) return bad_range(vm, offset, *length, limit);
  if (*length == UINT64_MAX) *length = limit - offset;
  return *length <= limit - offset ? VM_OK : bad_range(vm, offset, *length, limit);
}

vm_status hal_checked_subspan(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length,
                              hal_buffer** result) {
  hal_buffer* whole;
  vm_status status = hal_check_buffer(vm, buffer, &whole);
  if (status != VM_OK) return status;
  status = hal_buffer_subspan(vm->allocator, whole, (uint64_t)offset, (uint64_t)length, result);
  if (status == VM_OUT_OF_RANGE) return bad_range(vm, (uint64_t)offset, (uint64_t)length, whole->length);
  return status == VM_OK ? VM_OK : hal_no_memory(vm, 0);
}

hal_label hal_label_of(vm_ref message) {
  vm_span bytes = vm_buffer_span(message);
  hal_label result;
  result.text = bytes.data ? (const char*)bytes.data : "";
  result.length = bytes.readable < VM_MESSAGE_CAPACITY ? (int)bytes.readable : VM_MESSAGE_CAPACITY;
  return result;
}

int hal_text_equals(vm_span text, const char* expected) {
  size_t length = strlen(expected);
  return text.readable == length && !memcmp(text.data, expected, length);
}

vm_object* hal_new_object(vm_instance* vm, const vm_type* type, size_t size) {
  vm_object* object = (vm_object*)vm_allocate_array(vm->allocator, 1, size);
  if (!object) return NULL;
  object->type = type;
  object->allocator = vm->allocator;
  object->references = 1;
  return object;
}
