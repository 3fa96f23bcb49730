/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels that could not be made plain C functions: their exports, called with the objects IREE's loader makes. */
#include <string.h>

#include "hal_internal.h"

enum { LOCAL_MEMORY, CONSTANTS, BINDINGS, ID, SIZE = ID + 3, COUNT = SIZE + 3 };

static vm_status constants_buffer(hal_worker* worker, const hal_dispatch* dispatch) {
  vm_buffer* buffer;
  uint64_t length = (uint64_t)dispatch->constant_count * 4;
  vm_status status = vm_buffer_create(worker->vm.allocator, length, 0, &buffer);
  if (status != VM_OK) return status;
  if (length) memcpy(buffer->data, dispatch->constants, (size_t)length);
  buffer->access = 0;
  worker->owned[CONSTANTS] = &buffer->object;
  return VM_OK;
}

static vm_status append_binding(hal_worker* worker, vm_list* list, vm_span bytes, vm_ref owner) {
  vm_buffer* buffer;
  vm_variant value;
  uint32_t access = bytes.store_fault == VM_PERMISSION_DENIED ? 0 : (uint32_t)VM_ACCESS_MUTABLE;
  vm_status status = vm_buffer_wrap(worker->vm.allocator, bytes.data, bytes.readable, access, owner, &buffer);
  if (status != VM_OK) return status;
  value.type = &vm_type_buffer;
  value.value.ref = &buffer->object;
  status = vm_list_append(list, value);
  vm_release(&value.value.ref);
  return status;
}

static vm_status bindings_list(hal_worker* worker, const hal_dispatch* dispatch) {
  vm_list* list;
  uint32_t i;
  vm_status status = vm_list_create(worker->vm.allocator, &vm_type_buffer, dispatch->binding_count, &list);
  if (status != VM_OK) return status;
  worker->owned[BINDINGS] = (vm_ref)list;
  for (i = 0; i < dispatch->binding_count && status == VM_OK; ++i) {
    status = append_binding(worker, list, dispatch->bindings[i], dispatch->owners[i]);
  }
  return status;
}

vm_status hal_generic_begin(hal_worker* worker, const hal_dispatch* dispatch) {
  vm_buffer* memory;
  vm_status status = vm_buffer_create(worker->vm.allocator, 0, 0, &memory);
  if (status == VM_OK) {
    worker->owned[LOCAL_MEMORY] = &memory->object;
    status = constants_buffer(worker, dispatch);
  }
  return status == VM_OK ? bindings_list(worker, dispatch) : status;
}

void hal_generic_end(hal_worker* worker) {
  int i;
  for (i = 0; i < 3; ++i) vm_release(&worker->owned[i]);
}

vm_status hal_generic_run(hal_worker* worker, const vm_export* function, const int32_t id[3],
                          const int32_t count[3]) {
  vm_value arguments[12];
  int i;
  for (i = 0; i < 3; ++i) {
    arguments[i].ref = worker->owned[i];
    arguments[ID + i].i32 = id[i];
    arguments[SIZE + i].i32 = 1;
    arguments[COUNT + i].i32 = count[i];
  }
  return vm_invoke(&worker->vm, function, arguments, NULL);
}
