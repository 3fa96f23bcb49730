/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the modules `hal` and `hal_loader`, for generated code; io_parameters.h has those of `io_parameters`.
 *
 * Named by import, dots as underscores; arguments in the order of the calling convention, spans as a count and
 * one array an element.  References are borrowed; results are owned by the caller.  Where a function's
 * convention has changed, the name without a suffix has today's, and `_v5` and so on the one that version of
 * the module `hal` had last.  Functions that are the same in `hal_inline` are declared in hal.h.
 */
#ifndef HAL_MODULE_H
#define HAL_MODULE_H

#include "hal.h"
#include "hal_compat.h"
#include "hal_executable.h"
#include "io_parameters.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HAL_FORMAT_VMVX "vmvx-bytecode-fb" /* the one format of executables */

/* ---- devices ---- */

vm_status hal_devices_count(vm_instance* vm, int32_t* result);
vm_status hal_devices_get(vm_instance* vm, int32_t index, vm_ref* result);
vm_status hal_ex_shared_device(vm_instance* vm, vm_ref* result);
vm_status hal_device_allocator(vm_instance* vm, vm_ref device, vm_ref* result);
vm_status hal_device_query_i64(vm_instance* vm, vm_ref device, vm_ref category, vm_ref key, int32_t* ok,
                               int64_t* value);

/* ---- allocation and buffers ---- */

vm_status hal_allocator_allocate(vm_instance* vm, vm_ref allocator, int64_t affinity, int32_t types,
                                 int32_t usage, int64_t size, vm_ref* result);
vm_status hal_allocator_import(vm_instance* vm, vm_ref allocator, int32_t try_only, int64_t affinity,
                               int32_t types, int32_t usage, vm_ref source, int64_t offset, int64_t length,
                               vm_ref* result);
vm_status hal_allocator_select(vm_instance* vm, int32_t types, int32_t usage, int64_t flags, uint32_t count,
                               const vm_ref* devices, const int64_t* affinities, vm_ref* device,
                               int64_t* affinity);
vm_status hal_buffer_assert(vm_instance* vm, vm_ref buffer, vm_ref message, vm_ref allocator,
                            int64_t minimum_length, int32_t types, int32_t usage);
vm_status hal_buffer_load(vm_instance* vm, vm_ref buffer, int64_t offset, int32_t count, int32_t* result);
vm_status hal_buffer_store(vm_instance* vm, int32_t value, vm_ref buffer, int64_t offset, int32_t count);
vm_status hal_buffer_allocation_preserve(vm_instance* vm, vm_ref buffer);
vm_status hal_buffer_allocation_discard(vm_instance* vm, vm_ref buffer, int32_t* result);
vm_status hal_buffer_allocation_is_terminal(vm_instance* vm, vm_ref buffer, int32_t* result);
vm_status hal_ex_file_from_memory(vm_instance* vm, vm_ref device, int64_t affinity, int32_t access,
                                  vm_ref source, int64_t offset, int64_t length, int32_t flags,
                                  vm_ref* result);

/* ---- executables ---- */

vm_status hal_executable_create(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref format, vm_ref data,
                                vm_ref constants, vm_ref* result);
vm_status hal_executable_lookup_function(vm_instance* vm, vm_ref executable, vm_ref name, int64_t* result);

/* ---- fences ---- */

vm_status hal_fence_create(vm_instance* vm, vm_ref device, int64_t flags, vm_ref* result);
vm_status hal_fence_join(vm_instance* vm, int64_t flags, uint32_t count, const vm_ref* fences,
                         vm_ref* result);
vm_status hal_fence_query(vm_instance* vm, vm_ref fence, int32_t* result);
vm_status hal_fence_signal(vm_instance* vm, vm_ref fence);
vm_status hal_fence_fail(vm_instance* vm, vm_ref fence, int32_t code);
vm_status hal_fence_await(vm_instance* vm, int32_t timeout, int64_t flags, uint32_t count,
                          const vm_ref* fences, int32_t* result);

/* ---- command buffers ---- */

vm_status hal_command_buffer_create(vm_instance* vm, vm_ref device, int32_t modes, int32_t categories,
                                    int64_t affinity, int32_t capacity, vm_ref* result);
vm_status hal_command_buffer_finalize(vm_instance* vm, vm_ref command_buffer);
vm_status hal_command_buffer_begin_debug_group(vm_instance* vm, vm_ref command_buffer, vm_ref label);
vm_status hal_command_buffer_end_debug_group(vm_instance* vm, vm_ref command_buffer);
vm_status hal_command_buffer_execution_barrier(vm_instance* vm, vm_ref command_buffer, int32_t source_stages,
                                               int32_t target_stages, int64_t flags);
vm_status hal_command_buffer_advise_buffer(vm_instance* vm, vm_ref command_buffer, vm_ref buffer,
                                           int64_t flags, int64_t arg0, int64_t arg1, int32_t slot);
vm_status hal_command_buffer_flush_buffer(vm_instance* vm, vm_ref command_buffer, int32_t slot, vm_ref buffer,
                                          int64_t offset, int64_t length);
vm_status hal_command_buffer_fill_buffer(vm_instance* vm, vm_ref command_buffer, vm_ref target,
                                         int64_t offset, int64_t length, int32_t slot, int64_t pattern,
                                         int32_t pattern_length, int64_t flags);
vm_status hal_command_buffer_update_buffer(vm_instance* vm, vm_ref command_buffer, vm_ref source,
                                           int64_t source_offset, vm_ref target, int64_t target_offset,
                                           int64_t length, int32_t slot, int64_t flags);
vm_status hal_command_buffer_copy_buffer(vm_instance* vm, vm_ref command_buffer, int32_t source_slot,
                                         int32_t target_slot, vm_ref source, int64_t source_offset,
                                         vm_ref target, int64_t target_offset, int64_t length, int64_t flags);
vm_status hal_command_buffer_dispatch(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                      int64_t function, int32_t x, int32_t y, int32_t z, int64_t flags,
                                      uint32_t constant_count, const int32_t* constants,
                                      uint32_t binding_count, const int32_t* reserved, const int32_t* slots,
                                      const vm_ref* buffers, const int64_t* offsets, const int64_t* lengths);
vm_status hal_command_buffer_dispatch_indirect(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                               int64_t function, int32_t slot, vm_ref groups,
                                               int64_t groups_offset, int64_t flags, uint32_t constant_count,
                                               const int32_t* constants, uint32_t binding_count,
                                               const int32_t* reserved, const int32_t* slots,
                                               const vm_ref* buffers, const int64_t* offsets,
                                               const int64_t* lengths);

/* ---- queues: the work is done when the function returns ---- */

vm_status hal_device_queue_alloca(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                  vm_ref signal, int64_t pool, int32_t types, int32_t usage, int64_t size,
                                  int64_t flags, vm_ref* result);
vm_status hal_device_queue_dealloca(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                    vm_ref signal, vm_ref buffer, int64_t flags);
vm_status hal_device_queue_fill(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref target, int64_t offset, int64_t length, int64_t pattern,
                                int32_t pattern_length, int64_t flags);
vm_status hal_device_queue_update(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                  vm_ref signal, vm_ref source, int64_t source_offset, vm_ref target,
                                  int64_t target_offset, int64_t length, int64_t flags);
vm_status hal_device_queue_copy(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref source, int64_t source_offset, vm_ref target, int64_t target_offset,
                                int64_t length, int64_t flags);
vm_status hal_device_queue_read(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref file, int64_t file_offset, vm_ref target, int64_t target_offset,
                                int64_t length, int64_t flags);
vm_status hal_device_queue_write(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                 vm_ref source, int64_t source_offset, vm_ref file, int64_t file_offset,
                                 int64_t length, int64_t flags);
vm_status hal_device_queue_barrier(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                   vm_ref signal, int64_t flags);
vm_status hal_device_queue_execute(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                   vm_ref signal, vm_ref command_buffer, int64_t flags);
vm_status hal_device_queue_execute_indirect(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                            vm_ref signal, vm_ref command_buffer, int64_t flags,
                                            uint32_t count, const vm_ref* buffers, const int64_t* offsets,
                                            const int64_t* lengths);
vm_status hal_device_queue_flush(vm_instance* vm, vm_ref device, int64_t affinity);

/* ---- the hal_loader module ---- */

vm_status hal_loader_executable_query_support(vm_instance* vm, vm_ref format, int32_t* result);
vm_status hal_loader_executable_load(vm_instance* vm, vm_ref format, vm_ref data, vm_ref constants,
                                     vm_ref* result);
vm_status hal_loader_executable_dispatch(vm_instance* vm, vm_ref executable, int64_t function, int32_t x,
                                         int32_t y, int32_t z, uint32_t constant_count,
                                         const int32_t* constants, uint32_t binding_count,
                                         const vm_ref* buffers, const int64_t* offsets,
                                         const int64_t* lengths);

#ifdef __cplusplus
}
#endif
#endif
