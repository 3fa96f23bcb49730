/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the module `hal` with the conventions that older compilers used; `_v5` is the last version of the
 * module (not of the bytecode) that had them.  Included by hal_module.h.
 */
#ifndef HAL_COMPAT_H
#define HAL_COMPAT_H

#include "vm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- until version 6: functions of executables by number, which are the ids ---- */

vm_status hal_command_buffer_dispatch_v6(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                         int32_t function, int32_t x, int32_t y, int32_t z, int64_t flags,
                                         uint32_t constant_count, const int32_t* constants,
                                         uint32_t binding_count, const int32_t* reserved,
                                         const int32_t* slots, const vm_ref* buffers, const int64_t* offsets,
                                         const int64_t* lengths);
vm_status hal_command_buffer_dispatch_indirect_v6(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                                  int32_t function, int32_t slot, vm_ref groups,
                                                  int64_t groups_offset, int64_t flags,
                                                  uint32_t constant_count, const int32_t* constants,
                                                  uint32_t binding_count, const int32_t* reserved,
                                                  const int32_t* slots, const vm_ref* buffers,
                                                  const int64_t* offsets, const int64_t* lengths);
vm_status hal_loader_executable_dispatch_v6(vm_instance* vm, vm_ref executable, int32_t function, int32_t x,
                                            int32_t y, int32_t z, uint32_t constant_count,
                                            const int32_t* constants, uint32_t binding_count,
                                            const vm_ref* buffers, const int64_t* offsets,
                                            const int64_t* lengths);

/* ---- until version 5: few flags, and those of 32 bits ---- */

vm_status hal_executable_create_v5(vm_instance* vm, vm_ref device, vm_ref format, vm_ref data,
                                   vm_ref constants, vm_ref* result);
vm_status hal_fence_create_v5(vm_instance* vm, vm_ref device, int32_t flags, vm_ref* result);
vm_status hal_fence_join_v5(vm_instance* vm, uint32_t count, const vm_ref* fences, vm_ref* result);
vm_status hal_fence_await_v5(vm_instance* vm, int32_t timeout, uint32_t count, const vm_ref* fences,
                             int32_t* result);
vm_status hal_command_buffer_execution_barrier_v5(vm_instance* vm, vm_ref command_buffer,
                                                  int32_t source_stages, int32_t target_stages,
                                                  int32_t flags);
vm_status hal_command_buffer_fill_buffer_v5(vm_instance* vm, vm_ref command_buffer, vm_ref target,
                                            int64_t offset, int64_t length, int32_t slot, int32_t pattern,
                                            int32_t pattern_length);
vm_status hal_command_buffer_update_buffer_v5(vm_instance* vm, vm_ref command_buffer, vm_ref source,
                                              int64_t source_offset, vm_ref target, int64_t target_offset,
                                              int64_t length, int32_t slot);
vm_status hal_command_buffer_copy_buffer_v5(vm_instance* vm, vm_ref command_buffer, int32_t source_slot,
                                            int32_t target_slot, vm_ref source, int64_t source_offset,
                                            vm_ref target, int64_t target_offset, int64_t length);
vm_status hal_device_queue_alloca_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                     vm_ref signal, int32_t pool, int32_t types, int32_t usage, int64_t size,
                                     vm_ref* result);
vm_status hal_device_queue_dealloca_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                       vm_ref signal, vm_ref buffer);
vm_status hal_device_queue_read_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                   vm_ref signal, vm_ref file, int64_t file_offset, vm_ref target,
                                   int64_t target_offset, int64_t length, int32_t flags);
vm_status hal_device_queue_write_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                    vm_ref signal, vm_ref source, int64_t source_offset, vm_ref file,
                                    int64_t file_offset, int64_t length, int32_t flags);
vm_status hal_device_queue_execute_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                      vm_ref signal, uint32_t count, const vm_ref* command_buffers);
vm_status hal_device_queue_execute_indirect_v5(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                               vm_ref signal, vm_ref command_buffer, uint32_t count,
                                               const vm_ref* buffers, const int64_t* offsets,
                                               const int64_t* lengths);

/* ---- until version 2: no affinity of command buffers, no slots in memory commands ---- */

vm_status hal_command_buffer_create_v2(vm_instance* vm, vm_ref device, int32_t modes, int32_t categories,
                                       int32_t capacity, vm_ref* result);
vm_status hal_command_buffer_fill_buffer_v2(vm_instance* vm, vm_ref command_buffer, vm_ref target,
                                            int64_t offset, int64_t length, int32_t pattern,
                                            int32_t pattern_length);
vm_status hal_command_buffer_copy_buffer_v2(vm_instance* vm, vm_ref command_buffer, vm_ref source,
                                            int64_t source_offset, vm_ref target, int64_t target_offset,
                                            int64_t length);

/* ---- version 0 ---- */

vm_status hal_allocator_allocate_v0(vm_instance* vm, vm_ref allocator, int32_t types, int32_t usage,
                                    int64_t size, vm_ref* result);
vm_status hal_allocator_allocate_initialized(vm_instance* vm, vm_ref allocator, int32_t types, int32_t usage,
                                             vm_ref source, int64_t offset, int64_t length, vm_ref* result);
vm_status hal_allocator_map_byte_buffer(vm_instance* vm, vm_ref allocator, int32_t try_only, int32_t types,
                                        int32_t usage, vm_ref source, int64_t offset, int64_t length,
                                        vm_ref* result);

/* ---- until version 4: layouts of executables; bindings and constants are pushed and stay until pushed again ---- */

vm_status hal_descriptor_set_layout_create(vm_instance* vm, vm_ref device, int32_t flags, uint32_t count,
                                           const int32_t* bindings, const int32_t* types,
                                           const int32_t* binding_flags, vm_ref* result);
vm_status hal_pipeline_layout_create(vm_instance* vm, vm_ref device, int32_t constant_count, uint32_t count,
                                     const vm_ref* set_layouts, vm_ref* result);
vm_status hal_executable_create_v4(vm_instance* vm, vm_ref device, vm_ref format, vm_ref data,
                                   vm_ref constants, uint32_t count, const vm_ref* layouts, vm_ref* result);
vm_status hal_command_buffer_push_constants(vm_instance* vm, vm_ref command_buffer, vm_ref layout,
                                            int32_t offset, uint32_t count, const int32_t* values);
vm_status hal_command_buffer_push_descriptor_set(vm_instance* vm, vm_ref command_buffer, vm_ref layout,
                                                 int32_t set, uint32_t count, const int32_t* bindings,
                                                 const int32_t* slots, const vm_ref* buffers,
                                                 const int64_t* offsets, const int64_t* lengths);
vm_status hal_command_buffer_dispatch_v2(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                         int32_t function, int32_t x, int32_t y, int32_t z);
vm_status hal_command_buffer_dispatch_v4(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                         int32_t function, int32_t x, int32_t y, int32_t z, int64_t flags);

#ifdef __cplusplus
}
#endif
#endif
