/* SPDX-License-Identifier: Apache-2.0 */
/* Command buffers: recorded once, run any number of times, each time with a binding table of its own.
 *
 * Commands run one after another, which makes every barrier true.  Constants and updates are captured when they
 * are recorded; objects are retained.
 */
#include <string.h>

#include "hal_internal.h"
#include "hal_module.h"

typedef enum command_kind { FILL, UPDATE, COPY, DISPATCH, DISPATCH_INDIRECT } command_kind;

typedef struct command {
  command_kind kind;
  hal_range target; /* of memory commands */
  hal_range source; /* of a copy; of an indirect dispatch, where the workgroup counts are */
  uint64_t pattern;
  uint32_t pattern_length;
  uint8_t* bytes; /* of an update */
  hal_executable* executable;
  uint32_t function;
  uint32_t groups[3];
  uint32_t constant_count, binding_count;
  int32_t* constants;
  hal_range* bindings;
} command;

typedef struct recording {
  vm_object object;
  command* commands;
  uint32_t count, capacity;
  int closed;
  hal_pushed* pushed; /* or NULL */
} recording;

/* ---- life ---- */

static void command_release(const vm_allocator* allocator, command* item) {
  vm_ref executable = (vm_ref)item->executable;
  uint32_t i;
  hal_range_release(&item->target);
  hal_range_release(&item->source);
  vm_release(&executable);
  for (i = 0; i < item->binding_count; ++i) hal_range_release(&item->bindings[i]);
  vm_release_array(allocator, item->bytes, item->target.length, 1);
  vm_release_array(allocator, item->constants, item->constant_count, sizeof(int32_t));
  vm_release_array(allocator, item->bindings, item->binding_count, sizeof(hal_range));
}

static void command_buffer_destroy(vm_object* object) {
  recording* buffer = (recording*)object;
  uint32_t i;
  for (i = 0; i < buffer->count; ++i) command_release(object->allocator, &buffer->commands[i]);
  for (i = 0; buffer->pushed && i < sizeof buffer->pushed->bindings / sizeof(hal_range); ++i) {
    hal_range_release(&buffer->pushed->bindings[i]);
  }
  vm_release_array(object->allocator, buffer->pushed, 1, sizeof(hal_pushed));
  vm_release_array(object->allocator, buffer->commands, buffer->capacity, sizeof(command));
  vm_release_array(object->allocator, buffer, 1, sizeof *buffer);
}

const vm_type hal_type_command_buffer = {"!hal.command_buffer", VM_TYPE_REF, command_buffer_destroy};

vm_status hal_command_buffer_create(vm_instance* vm, vm_ref device, int32_t modes, int32_t categories,
                                    int64_t affinity, int32_t capacity, vm_ref* result) {
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  (void)modes, (void)categories, (void)affinity, (void)capacity;
  if (status != VM_OK) return status;
  *result = hal_new_object(vm, &hal_type_command_buffer, sizeof(recording));
  return *result ? VM_OK : hal_no_memory(vm, sizeof(recording));
}

vm_status hal_command_buffer_finalize(vm_instance* vm, vm_ref buffer) {
  vm_status status = hal_check_type(vm, buffer, &hal_type_command_buffer);
  if (status == VM_OK) ((recording*)buffer)->closed = 1;
  return status;
}

vm_status hal_command_buffer_pushed(vm_instance* vm, vm_ref ref, hal_pushed** result) {
  recording* buffer = (recording*)ref;
  vm_status status = hal_check_type(vm, ref, &hal_type_command_buffer);
  if (status != VM_OK) return status;
  if (!buffer->pushed) buffer->pushed = (hal_pushed*)vm_allocate_array(vm->allocator, 1, sizeof(hal_pushed));
  *result = buffer->pushed;
  return *result ? VM_OK : hal_no_memory(vm, sizeof(hal_pushed));
}

/* ---- recording ---- */

static int grow(vm_instance* vm, recording* buffer) {
  uint32_t capacity = buffer->capacity ? buffer->capacity * 2 : 8;
  command* commands;
  if (buffer->count < buffer->capacity) return 1;
  commands = capacity < buffer->capacity ? NULL : vm_allocate_array(vm->allocator, capacity, sizeof(command));
  if (!commands) return 0;
  if (buffer->count) memcpy(commands, buffer->commands, buffer->count * sizeof(command));
  vm_release_array(vm->allocator, buffer->commands, buffer->capacity, sizeof(command));
  buffer->commands = commands;
  buffer->capacity = capacity;
  return 1;
}

/* Room for one more command, which is empty; it counts once it is complete (`commit`). */
static vm_status record(vm_instance* vm, vm_ref ref, command_kind kind, command** result) {
  recording* buffer = (recording*)ref;
  vm_status status = hal_check_type(vm, ref, &hal_type_command_buffer);
  if (status != VM_OK) return status;
  if (buffer->closed)
    return vm_raise(vm, VM_FAILED_PRECONDITION, "command buffer is not in a recording state");
  if (!grow(vm, buffer)) return hal_no_memory(vm, sizeof(command));
  *result = &buffer->commands[buffer->count];
  memset(*result, 0, sizeof(command));
  (*result)->kind = kind;
  return VM_OK;
}

static vm_status commit(vm_instance* vm, vm_ref ref, vm_status status) {
  recording* buffer = (recording*)ref;
  if (status == VM_OK) {
    buffer->count += 1;
  } else {
    command_release(vm->allocator, &buffer->commands[buffer->count]);
  }
  return status;
}

vm_status hal_command_buffer_fill_buffer(vm_instance* vm, vm_ref command_buffer, vm_ref target,
                                         int64_t offset, int64_t length, int32_t slot, int64_t pattern,
                                         int32_t pattern_length, int64_t flags) {
  command* item = NULL;
  vm_status status = record(vm, command_buffer, FILL, &item);
  (void)flags;
  if (status != VM_OK) return status;
  item->pattern = (uint64_t)pattern;
  item->pattern_length = (uint32_t)pattern_length;
  return commit(vm, command_buffer, hal_range_set(vm, &item->target, slot, target, offset, length));
}

static vm_status capture(vm_instance* vm, command* item, vm_span source, uint64_t offset, uint64_t length) {
  vm_status status = hal_check_range(vm, offset, &length, source.readable);
  if (status != VM_OK) return status;
  item->bytes = vm_allocate_array(vm->allocator, length, 1);
  if (!item->bytes) return hal_no_memory(vm, length);
  if (length) memcpy(item->bytes, source.data + offset, (size_t)length);
  item->target.length = length;
  return VM_OK;
}

vm_status hal_command_buffer_update_buffer(vm_instance* vm, vm_ref command_buffer, vm_ref source,
                                           int64_t source_offset, vm_ref target, int64_t target_offset,
                                           int64_t length, int32_t slot, int64_t flags) {
  vm_span bytes;
  command* item = NULL;
  vm_status status = hal_check_bytes(vm, source, &bytes);
  (void)flags;
  if (status == VM_OK) status = record(vm, command_buffer, UPDATE, &item);
  if (status != VM_OK) return status;
  status = hal_range_set(vm, &item->target, slot, target, target_offset, length);
  if (status == VM_OK) status = capture(vm, item, bytes, (uint64_t)source_offset, (uint64_t)length);
  return commit(vm, command_buffer, status);
}

vm_status hal_command_buffer_copy_buffer(vm_instance* vm, vm_ref command_buffer, int32_t source_slot,
                                         int32_t target_slot, vm_ref source, int64_t source_offset,
                                         vm_ref target, int64_t target_offset, int64_t length,
                                         int64_t flags) {
  command* item = NULL;
  vm_status status = record(vm, command_buffer, COPY, &item);
  (void)flags;
  if (status != VM_OK) return status;
  status = hal_range_set(vm, &item->source, source_slot, source, source_offset, length);
  if (status == VM_OK) status = hal_range_set(vm, &item->target, target_slot, target, target_offset, length);
  return commit(vm, command_buffer, status);
}

static vm_status set_constants(vm_instance* vm, command* item, uint32_t count, const int32_t* constants) {
  item->constants = vm_allocate_array(vm->allocator, count, sizeof(int32_t));
  if (!item->constants) return hal_no_memory(vm, (uint64_t)count * sizeof(int32_t));
  item->constant_count = count;
  if (count) memcpy(item->constants, constants, count * sizeof(int32_t));
  return VM_OK;
}

static vm_status set_bindings(vm_instance* vm, command* item, uint32_t count, const int32_t* slots,
                              const vm_ref* buffers, const int64_t* offsets, const int64_t* lengths) {
  vm_status status = VM_OK;
  uint32_t i;
  if (count > HAL_BINDING_LIMIT) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "count %u > %u", (unsigned)count, (unsigned)HAL_BINDING_LIMIT);
  }
  item->bindings = vm_allocate_array(vm->allocator, count, sizeof(hal_range));
  if (!item->bindings) return hal_no_memory(vm, (uint64_t)count * sizeof(hal_range));
  item->binding_count = count;
  for (i = 0; i < count && status == VM_OK; ++i) {
    status = hal_range_set(vm, &item->bindings[i], slots[i], buffers[i], offsets[i], lengths[i]);
  }
  return status;
}

static vm_status set_executable(vm_instance* vm, command* item, vm_ref executable, int64_t function) {
  vm_status status = hal_check_type(vm, executable, &hal_type_executable);
  if (status != VM_OK) return status;
  if (function < 0 || function > UINT32_MAX) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "executable has no function %lld", (long long)function);
  }
  item->executable = (hal_executable*)vm_retain(executable);
  item->function = (uint32_t)function;
  return VM_OK;
}

/* Flags other than the hints about how the workgroup counts are read and where the work runs ask for arguments of
 * a kind that no function of this format takes. */
static vm_status check_flags(vm_instance* vm, int64_t flags) {
  enum { CUSTOM_ARGUMENTS = 4 | 8 | 16 };
  if (!(flags & CUSTOM_ARGUMENTS)) return VM_OK;
  return vm_raise(vm, VM_UNIMPLEMENTED, "dispatches with custom arguments are not supported");
}

vm_status hal_command_buffer_dispatch(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                      int64_t function, int32_t x, int32_t y, int32_t z, int64_t flags,
                                      uint32_t constant_count, const int32_t* constants,
                                      uint32_t binding_count, const int32_t* reserved, const int32_t* slots,
                                      const vm_ref* buffers, const int64_t* offsets, const int64_t* lengths) {
  command* item = NULL;
  vm_status status = check_flags(vm, flags);
  (void)reserved;
  if (status == VM_OK) status = record(vm, command_buffer, DISPATCH, &item);
  if (status != VM_OK) return status;
  item->groups[0] = (uint32_t)x;
  item->groups[1] = (uint32_t)y;
  item->groups[2] = (uint32_t)z;
  status = set_executable(vm, item, executable, function);
  if (status == VM_OK) status = set_constants(vm, item, constant_count, constants);
  if (status == VM_OK) status = set_bindings(vm, item, binding_count, slots, buffers, offsets, lengths);
  return commit(vm, command_buffer, status);
}

vm_status hal_command_buffer_dispatch_indirect(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                               int64_t function, int32_t slot, vm_ref groups,
                                               int64_t groups_offset, int64_t flags, uint32_t constant_count,
                                               const int32_t* constants, uint32_t binding_count,
                                               const int32_t* reserved, const int32_t* slots,
                                               const vm_ref* buffers, const int64_t* offsets,
                                               const int64_t* lengths) {
  command* item = NULL;
  vm_status status = check_flags(vm, flags);
  (void)reserved;
  if (status == VM_OK) status = record(vm, command_buffer, DISPATCH_INDIRECT, &item);
  if (status != VM_OK) return status;
  status = hal_range_set(vm, &item->source, slot, groups, groups_offset, 3 * (int64_t)sizeof(uint32_t));
  if (status == VM_OK) status = set_executable(vm, item, executable, function);
  if (status == VM_OK) status = set_constants(vm, item, constant_count, constants);
  if (status == VM_OK) status = set_bindings(vm, item, binding_count, slots, buffers, offsets, lengths);
  return commit(vm, command_buffer, status);
}

/* ---- commands that do nothing on a CPU ---- */

vm_status hal_command_buffer_begin_debug_group(vm_instance* vm, vm_ref command_buffer, vm_ref label) {
  (void)label;
  return hal_check_type(vm, command_buffer, &hal_type_command_buffer);
}

vm_status hal_command_buffer_end_debug_group(vm_instance* vm, vm_ref command_buffer) {
  return hal_check_type(vm, command_buffer, &hal_type_command_buffer);
}

vm_status hal_command_buffer_execution_barrier(vm_instance* vm, vm_ref command_buffer, int32_t source_stages,
                                               int32_t target_stages, int64_t flags) {
  (void)source_stages, (void)target_stages, (void)flags;
  return hal_check_type(vm, command_buffer, &hal_type_command_buffer);
}

vm_status hal_command_buffer_advise_buffer(vm_instance* vm, vm_ref command_buffer, vm_ref buffer,
                                           int64_t flags, int64_t arg0, int64_t arg1, int32_t slot) {
  (void)buffer, (void)flags, (void)arg0, (void)arg1, (void)slot;
  return hal_check_type(vm, command_buffer, &hal_type_command_buffer);
}

vm_status hal_command_buffer_flush_buffer(vm_instance* vm, vm_ref command_buffer, int32_t slot, vm_ref buffer,
                                          int64_t offset, int64_t length) {
  (void)slot, (void)buffer, (void)offset, (void)length;
  return hal_check_type(vm, command_buffer, &hal_type_command_buffer);
}

/* ---- running ---- */

static vm_status run_memory(vm_instance* vm, const command* item, const hal_table* table) {
  vm_span source, target;
  vm_ref owner;
  vm_status status = hal_resolve(vm, &item->target, table, &target, &owner);
  if (status != VM_OK) return status;
  if (item->kind == FILL)
    return hal_fill(vm, target, item->target.offset, item->pattern, item->pattern_length);
  if (item->kind == UPDATE) return hal_write(vm, item->bytes, target);
  status = hal_resolve(vm, &item->source, table, &source, &owner);
  return status == VM_OK ? hal_copy(vm, source, target) : status;
}

static vm_status read_groups(vm_instance* vm, const command* item, const hal_table* table,
                             uint32_t groups[3]) {
  vm_span source;
  vm_ref owner;
  vm_status status = hal_resolve(vm, &item->source, table, &source, &owner);
  if (status == VM_OK) memcpy(groups, source.data, 3 * sizeof *groups);
  return status;
}

static vm_status run_dispatch(vm_instance* vm, const command* item, const hal_table* table) {
  hal_dispatch dispatch;
  vm_status status = VM_OK;
  uint32_t i;
  dispatch.executable = item->executable;
  dispatch.function = item->function;
  memcpy(dispatch.groups, item->groups, sizeof dispatch.groups);
  dispatch.constants = item->constants;
  dispatch.constant_count = item->constant_count;
  dispatch.binding_count = item->binding_count;
  dispatch.flush_denormals = 1;
  if (item->kind == DISPATCH_INDIRECT) status = read_groups(vm, item, table, dispatch.groups);
  if (status == VM_OK) status = hal_dispatch_check(vm, &dispatch);
  for (i = 0; i < item->binding_count && status == VM_OK; ++i) {
    status = hal_resolve(vm, &item->bindings[i], table, &dispatch.bindings[i], &dispatch.owners[i]);
  }
  return status == VM_OK ? hal_dispatch_run(vm, &dispatch) : status;
}

vm_status hal_command_buffer_run(vm_instance* vm, vm_ref ref, const hal_table* table) {
  const recording* buffer = (const recording*)ref;
  vm_status status = hal_check_type(vm, ref, &hal_type_command_buffer);
  uint32_t i;
  if (status != VM_OK) return status;
  if (!buffer->closed) return vm_raise(vm, VM_FAILED_PRECONDITION, "command buffer is still being recorded");
  for (i = 0; i < buffer->count && status == VM_OK; ++i) {
    const command* item = &buffer->commands[i];
    status = item->kind >= DISPATCH ? run_dispatch(vm, item, table) : run_memory(vm, item, table);
  }
  return status;
}
