/* SPDX-License-Identifier: Apache-2.0 */
/* The module `hal_loader`: kernels called by programs that have no device.  Denormals stay as they are. */
#include "hal_internal.h"
#include "hal_module.h"

vm_status hal_loader_executable_query_support(vm_instance* vm, vm_ref format, int32_t* result) {
  vm_span text;
  vm_status status = hal_check_bytes(vm, format, &text);
  if (status == VM_OK) *result = hal_text_equals(text, HAL_FORMAT_VMVX);
  return status;
}

static vm_status bind(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length, vm_span* result) {
  uint64_t size = (uint64_t)length;
  vm_status status = hal_check_bytes(vm, buffer, result);
  if (status == VM_OK) status = hal_check_range(vm, (uint64_t)offset, &size, result->readable);
  if (status != VM_OK) return status;
  result->data += offset;
  result->readable = size;
  if (result->writable) result->writable = size;
  return VM_OK;
}

vm_status hal_loader_executable_dispatch(vm_instance* vm, vm_ref executable, int64_t function, int32_t x,
                                         int32_t y, int32_t z, uint32_t constant_count,
                                         const int32_t* constants, uint32_t binding_count,
                                         const vm_ref* buffers, const int64_t* offsets,
                                         const int64_t* lengths) {
  hal_dispatch dispatch;
  uint32_t i;
  vm_status status = hal_check_type(vm, executable, &hal_type_executable);
  if (status != VM_OK) return status;
  if (binding_count > HAL_BINDING_LIMIT) {
    return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "too many bindings: %u > %u", (unsigned)binding_count,
                    (unsigned)HAL_BINDING_LIMIT);
  }
  dispatch.executable = (hal_executable*)executable;
  dispatch.function = function < 0 || function > UINT32_MAX ? UINT32_MAX : (uint32_t)function;
  dispatch.groups[0] = (uint32_t)x;
  dispatch.groups[1] = (uint32_t)y;
  dispatch.groups[2] = (uint32_t)z;
  dispatch.constants = constants;
  dispatch.constant_count = constant_count;
  dispatch.binding_count = binding_count;
  dispatch.flush_denormals = 0;
  status = hal_dispatch_check_function(vm, &dispatch);
  for (i = 0; i < binding_count && status == VM_OK; ++i) {
    status = bind(vm, buffers[i], offsets[i], lengths[i], &dispatch.bindings[i]);
    dispatch.owners[i] = buffers[i];
  }
  return status == VM_OK ? hal_dispatch_run(vm, &dispatch) : status;
}
