/* SPDX-License-Identifier: Apache-2.0 */
/* Older conventions in terms of today's functions. */
#include <string.h>

#include "hal_internal.h"
#include "hal_module.h"

enum { ANY_QUEUE = -1 };

/* ---- version 6 ---- */

vm_status hal_command_buffer_dispatch_v6(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                         int32_t function, int32_t x, int32_t y, int32_t z, int64_t flags,
                                         uint32_t constant_count, const int32_t* constants,
                                         uint32_t binding_count, const int32_t* reserved,
                                         const int32_t* slots, const vm_ref* buffers, const int64_t* offsets,
                                         const int64_t* lengths) {
  return hal_command_buffer_dispatch(vm, command_buffer, executable, function, x, y, z, flags, constant_count,
                                     constants, binding_count, reserved, slots, buffers, offsets, lengths);
}

vm_status hal_command_buffer_dispatch_indirect_v6(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                                  int32_t function, int32_t slot, vm_ref groups,
                                                  int64_t groups_offset, int64_t flags,
                                                  uint32_t constant_count, const int32_t* constants,
                                                  uint32_t binding_count, const int32_t* reserved,
                                                  const int32_t* slots, const vm_ref* buffers,
                                                  const int64_t* offsets, const int64_t* lengths) {
  return hal_command_buffer_dispatch_indirect(vm, command_buffer, executable, function, slot, groups,
                                              groups_offset, flags, constant_count, constants, binding_count,
                                              reserved, slots, buffers, offsets, lengths);
}

vm_status hal_loader_executable_dispatch_v6(vm_instance* vm, vm_ref executable, int32_t function, int32_t x,
                                            int32_t y, int32_t z, uint32_t constant_count,
                                            const int32_t* constants, uint32_t binding_count,
                                            const vm_ref* buffers, const int64_t* offsets,
                                            const int64_t* lengths) {
  return hal_loader_executable_dispatch(vm, executable, function, x, y, z, constant_count, constants,
                                        binding_count, buffers, offsets, lengths);
}

/* ---- version 5 ---- */

vm_status hal_executable_create_v5(vm_instance* vm, vm_ref device, vm_ref format, vm_ref data,
                                   vm_ref constants, vm_ref* result) {
  return hal_executable_create(vm, device, ANY_QUEUE, format, data, constants, result);
}

vm_status hal_fence_create_v5(vm_instance* vm, vm_ref device, int32_t flags, vm_ref* result) {
  return hal_fence_create(vm, device, flags, result);
}

vm_status hal_fence_join_v5(vm_instance* vm, uint32_t count, const vm_ref* fences, vm_ref* result) {
  return hal_fence_join(vm, 0, count, fences, result);
}

vm_status hal_fence_await_v5(vm_instance* vm, int32_t timeout, uint32_t count, const vm_ref* fences,
                             int32_t* result) {
  return hal_fence_await(vm, timeout, 0, count, fences, result);
}

vm_status hal_command_buffer_execution_barrier_v5(vm_instance* vm, vm_ref command_buffer,
                                                  int32_t source_stages, int32_t target_stages,
                                                  int32_t flags) {
  return hal_command_buffer_execution_barrier(vm, command_buffer, source_stages, target_stages, flags);
}

vm_status hal_command_buffer_fill_buffer_v5(vm_instance* vm, vm_ref command_buffer, vm_ref target,
                                            int64_t offset, int64_t length, int32_t slot, int32_t pattern,
                                            int32_t pattern_length) {
  return hal_command_buffer_fill_buffer(vm, command_buffer, target, offset, length, slot, pattern,
                                        pattern_length, 0);
}

vm_status hal_command_buffer_update_buffer_v5(vm_instance* vm, vm_ref command_buffer, vm_ref source,
                                              int64_t source_offset, vm_ref target, int64_t target_offset,
                                              int64_t length, int32_t slot) {
  return hal_command_buffer_update_buffer(vm, command_buffer, source, source_offset, target, target_offset,
                                          length, slot, 0);
}

vm_status hal_command_buffer_copy_buffer_v5(vm_instance* vm, vm_ref command_buffer, int32_t source_slot,
                                            int32_t target_slot, vm_ref source, int64_t source_offset,
                                            vm_ref target, int64_t target_offset, int64_t length) {
  return hal_command_buffer_copy_buffer(vm, command_buffer, source_slot, target_slot, source, source_offset,
                                        target, target_offset, length, 0);
}

vm_status hal_device_queue_alloca_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                     vm_ref signal, int32_t pool, int32_t types, int32_t usage, int64_t size,
                                     vm_ref* result) {
  return hal_device_queue_alloca(vm, device, affinity, wait, signal, pool, types, usage, size, 0, result);
}

vm_status hal_device_queue_dealloca_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                       vm_ref signal, vm_ref buffer) {
  return hal_device_queue_dealloca(vm, device, affinity, wait, signal, buffer, 0);
}

vm_status hal_device_queue_read_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                   vm_ref signal, vm_ref file, int64_t file_offset, vm_ref target,
                                   int64_t target_offset, int64_t length, int32_t flags) {
  return hal_device_queue_read(vm, device, affinity, wait, signal, file, file_offset, target, target_offset,
                               length, flags);
}

vm_status hal_device_queue_write_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                    vm_ref signal, vm_ref source, int64_t source_offset, vm_ref file,
                                    int64_t file_offset, int64_t length, int32_t flags) {
  return hal_device_queue_write(vm, device, affinity, wait, signal, source, source_offset, file, file_offset,
                                length, flags);
}

/* Several command buffers are one after another in one submission. */
vm_status hal_device_queue_execute_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                      vm_ref signal, uint32_t count, const vm_ref* command_buffers) {
  uint32_t i;
  for (i = 0; i + 1 < count; ++i) {
    vm_status status = hal_device_queue_execute(vm, device, affinity, wait, NULL, command_buffers[i], 0);
    if (status != VM_OK) return hal_queue_end(signal, status);
  }
  return hal_device_queue_execute(vm, device, affinity, wait, signal,
                                  count ? command_buffers[count - 1] : NULL, 0);
}

vm_status hal_device_queue_execute_indirect_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                               vm_ref signal, vm_ref command_buffer, uint32_t count,
                                               const vm_ref* buffers, const int64_t* offsets,
                                               const int64_t* lengths) {
  return hal_device_queue_execute_indirect(vm, device, affinity, wait, signal, command_buffer, 0, count,
                                           buffers, offsets, lengths);
}

/* ---- version 2 ---- */

vm_status hal_command_buffer_create_v2(vm_instance* vm, vm_ref device, int32_t modes, int32_t categories,
                                       int32_t capacity, vm_ref* result) {
  return hal_command_buffer_create(vm, device, modes, categories, ANY_QUEUE, capacity, result);
}

vm_status hal_command_buffer_fill_buffer_v2(vm_instance* vm, vm_ref command_buffer, vm_ref target,
                                            int64_t offset, int64_t length, int32_t pattern,
                                            int32_t pattern_length) {
  return hal_command_buffer_fill_buffer(vm, command_buffer, target, offset, length, 0, pattern,
                                        pattern_length, 0);
}

vm_status hal_command_buffer_copy_buffer_v2(vm_instance* vm, vm_ref command_buffer, vm_ref source,
                                            int64_t source_offset, vm_ref target, int64_t target_offset,
                                            int64_t length) {
  return hal_command_buffer_copy_buffer(vm, command_buffer, 0, 0, source, source_offset, target,
                                        target_offset, length, 0);
}

/* ---- version 0 ---- */

vm_status hal_allocator_allocate_v0(vm_instance* vm, vm_ref allocator, int32_t types, int32_t usage,
                                    int64_t size, vm_ref* result) {
  return hal_allocator_allocate(vm, allocator, ANY_QUEUE, types, usage, size, result);
}

vm_status hal_allocator_allocate_initialized(vm_instance* vm, vm_ref allocator, int32_t types, int32_t usage,
                                             vm_ref source, int64_t offset, int64_t length, vm_ref* result) {
  vm_span bytes;
  uint64_t size = (uint64_t)length;
  vm_status status = hal_check_bytes(vm, source, &bytes);
  if (status == VM_OK) status = hal_check_range(vm, (uint64_t)offset, &size, bytes.readable);
  if (status == VM_OK) status = hal_allocator_allocate_v0(vm, allocator, types, usage, (int64_t)size, result);
  if (status == VM_OK && size)
    memcpy(hal_buffer_data((hal_buffer*)*result), bytes.data + offset, (size_t)size);
  return status;
}

/* Whether constants may be mapped was not asked for then: nobody wrote to them. */
vm_status hal_allocator_map_byte_buffer(vm_instance* vm, vm_ref allocator, int32_t try_only, int32_t types,
                                        int32_t usage, vm_ref source, int64_t offset, int64_t length,
                                        vm_ref* result) {
  enum { SHARING_IMMUTABLE = 0x80000 };
  return hal_allocator_import(vm, allocator, try_only, ANY_QUEUE, types, usage | SHARING_IMMUTABLE, source,
                              offset, length, result);
}
