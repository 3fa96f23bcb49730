/* SPDX-License-Identifier: Apache-2.0 */
/* Queues.  Program order is a valid schedule: each operation is done when its function returns. */
#include "hal_internal.h"
#include "hal_module.h"

static const hal_table no_table = {0, NULL, NULL, NULL};

/* A range of a buffer that must be there. */
static vm_status bytes_of(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length, vm_span* result) {
  hal_range range = {NULL, 0, (uint64_t)offset, (uint64_t)length};
  vm_ref owner;
  vm_status status = hal_check_buffer(vm, buffer, &range.buffer);
  return status == VM_OK ? hal_resolve(vm, &range, &no_table, result, &owner) : status;
}

/* ---- memory ---- */

static vm_status allocate(vm_instance* vm, int64_t pool, int64_t size, vm_ref* result) {
  hal_buffer* buffer;
  if (pool) return vm_raise(vm, VM_UNIMPLEMENTED, "queue pools are not supported");
  if (hal_buffer_allocate(vm->allocator, (uint64_t)size, 0, &buffer) != VM_OK) {
    return hal_no_memory(vm, (uint64_t)size);
  }
  *result = &buffer->object;
  return VM_OK;
}

vm_status hal_device_queue_alloca(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                  vm_ref signal, int64_t pool, int32_t types, int32_t usage, int64_t size,
                                  int64_t flags, vm_ref* result) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)types, (void)usage, (void)flags;
  return status == VM_OK ? hal_queue_end(signal, allocate(vm, pool, size, result)) : status;
}

/* The memory goes with the last reference, which the program gives up right here unless somebody outside (a result
 * that a caller still looks at) has one too. */
vm_status hal_device_queue_dealloca(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                    vm_ref signal, vm_ref buffer, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  return status == VM_OK ? hal_queue_end(signal, hal_check_type(vm, buffer, &hal_type_buffer)) : status;
}

static vm_status fill(vm_instance* vm, vm_ref target, int64_t offset, int64_t length, int64_t pattern,
                      int32_t pattern_length) {
  vm_span bytes;
  vm_status status = bytes_of(vm, target, offset, length, &bytes);
  if (status != VM_OK) return status;
  return hal_fill(vm, bytes, (uint64_t)offset, (uint64_t)pattern, (uint32_t)pattern_length);
}

vm_status hal_device_queue_fill(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref target, int64_t offset, int64_t length, int64_t pattern,
                                int32_t pattern_length, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  if (status != VM_OK) return status;
  return hal_queue_end(signal, fill(vm, target, offset, length, pattern, pattern_length));
}

/* Bytes from outside of buffers: those of constants and files. */
static vm_status write_from(vm_instance* vm, const uint8_t* data, uint64_t limit, int64_t offset,
                            vm_ref target, int64_t target_offset, int64_t length) {
  vm_span bytes;
  uint64_t size = (uint64_t)length;
  vm_status status = bytes_of(vm, target, target_offset, length, &bytes);
  if (status == VM_OK) size = bytes.readable;
  if (status == VM_OK) status = hal_check_range(vm, (uint64_t)offset, &size, limit);
  return status == VM_OK ? hal_write(vm, data + offset, bytes) : status;
}

static vm_status update(vm_instance* vm, vm_ref source, int64_t source_offset, vm_ref target,
                        int64_t target_offset, int64_t length) {
  vm_span bytes;
  vm_status status = hal_check_bytes(vm, source, &bytes);
  if (status != VM_OK) return status;
  return write_from(vm, bytes.data, bytes.readable, source_offset, target, target_offset, length);
}

vm_status hal_device_queue_update(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                  vm_ref signal, vm_ref source, int64_t source_offset, vm_ref target,
                                  int64_t target_offset, int64_t length, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  if (status != VM_OK) return status;
  return hal_queue_end(signal, update(vm, source, source_offset, target, target_offset, length));
}

static vm_status copy(vm_instance* vm, vm_ref source, int64_t source_offset, vm_ref target,
                      int64_t target_offset, int64_t length) {
  vm_span from, to;
  vm_status status = bytes_of(vm, source, source_offset, length, &from);
  if (status == VM_OK) status = bytes_of(vm, target, target_offset, (int64_t)from.readable, &to);
  return status == VM_OK ? hal_copy(vm, from, to) : status;
}

vm_status hal_device_queue_copy(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref source, int64_t source_offset, vm_ref target, int64_t target_offset,
                                int64_t length, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  if (status != VM_OK) return status;
  return hal_queue_end(signal, copy(vm, source, source_offset, target, target_offset, length));
}

/* ---- files ---- */

static vm_status read_file(vm_instance* vm, vm_ref file, int64_t file_offset, vm_ref target,
                           int64_t target_offset, int64_t length) {
  const hal_file* source = (const hal_file*)file;
  vm_status status = hal_check_type(vm, file, &hal_type_file);
  if (status != VM_OK) return status;
  return write_from(vm, source->data, source->length, file_offset, target, target_offset, length);
}

vm_status hal_device_queue_read(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref file, int64_t file_offset, vm_ref target, int64_t target_offset,
                                int64_t length, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  if (status != VM_OK) return status;
  return hal_queue_end(signal, read_file(vm, file, file_offset, target, target_offset, length));
}

static vm_status write_file(vm_instance* vm, vm_ref source, int64_t source_offset, vm_ref file,
                            int64_t length) {
  vm_span bytes;
  vm_status status = bytes_of(vm, source, source_offset, length, &bytes);
  if (status == VM_OK) status = hal_check_type(vm, file, &hal_type_file);
  return status == VM_OK ? vm_raise(vm, VM_PERMISSION_DENIED, "file is read-only") : status;
}

vm_status hal_device_queue_write(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                 vm_ref source, int64_t source_offset, vm_ref file, int64_t file_offset,
                                 int64_t length, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)file_offset, (void)flags;
  return status == VM_OK ? hal_queue_end(signal, write_file(vm, source, source_offset, file, length))
                         : status;
}

/* ---- execution ---- */

vm_status hal_device_queue_barrier(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                   vm_ref signal, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  return status == VM_OK ? hal_queue_end(signal, VM_OK) : status;
}

vm_status hal_device_queue_execute(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                   vm_ref signal, vm_ref command_buffer, int64_t flags) {
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  if (status != VM_OK) return status;
  return hal_queue_end(signal,
                       command_buffer ? hal_command_buffer_run(vm, command_buffer, &no_table) : VM_OK);
}

vm_status hal_device_queue_execute_indirect(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait,
                                            vm_ref signal, vm_ref command_buffer, int64_t flags,
                                            uint32_t count, const vm_ref* buffers, const int64_t* offsets,
                                            const int64_t* lengths) {
  hal_table table = {count, buffers, offsets, lengths};
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)flags;
  return status == VM_OK ? hal_queue_end(signal, hal_command_buffer_run(vm, command_buffer, &table)) : status;
}

vm_status hal_device_queue_flush(vm_instance* vm, vm_ref device, int64_t affinity) {
  (void)affinity;
  return hal_check_type(vm, device, &hal_type_device);
}
