/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of buffers, looked up in binding tables, and what is done to their bytes. */
#include <string.h>

#include "hal_internal.h"

/* ---- ranges ---- */

void hal_range_release(hal_range* range) {
  vm_ref buffer = (vm_ref)range->buffer;
  vm_release(&buffer);
  range->buffer = NULL;
}

vm_status hal_range_set(vm_instance* vm, hal_range* range, int32_t slot, vm_ref buffer, int64_t offset,
                        int64_t length) {
  vm_status status = buffer ? hal_check_type(vm, buffer, &hal_type_buffer) : VM_OK;
  if (status != VM_OK) return status;
  range->buffer = (hal_buffer*)vm_retain(buffer);
  range->slot = (uint32_t)slot;
  range->offset = (uint64_t)offset;
  range->length = (uint64_t)length;
  return VM_OK;
}

static VM_COLD vm_status unbound(vm_instance* vm, uint32_t slot) {
  (void)slot;
  return vm_raise(vm, VM_FAILED_PRECONDITION, "no buffer is bound to slot %u", (unsigned)slot);
}

static vm_status table_entry(vm_instance* vm, const hal_table* table, uint32_t slot, hal_range* result) {
  hal_buffer* buffer;
  vm_status status;
  if (!table->count) return unbound(vm, slot);
  if (slot >= table->count) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "slot %u is beyond the binding table of %u entries", (unsigned)slot,
                    (unsigned)table->count);
  }
  if (!table->buffers[slot]) return unbound(vm, slot);
  status = hal_check_buffer(vm, table->buffers[slot], &buffer);
  if (status != VM_OK) return status;
  result->buffer = buffer;
  result->offset = (uint64_t)table->offsets[slot];
  result->length = (uint64_t)table->lengths[slot];
  return hal_check_range(vm, result->offset, &result->length, buffer->length);
}

vm_status hal_resolve(vm_instance* vm, const hal_range* range, const hal_table* table, vm_span* bytes,
                      vm_ref* owner) {
  hal_range whole = {range->buffer, range->slot, 0, 0};
  uint64_t length = range->length;
  vm_status status = VM_OK;
  if (whole.buffer) {
    whole.length = whole.buffer->length;
  } else {
    status = table_entry(vm, table, range->slot, &whole);
  }
  if (status == VM_OK) status = hal_check_range(vm, range->offset, &length, whole.length);
  if (status != VM_OK) return status;
  *bytes = vm_buffer_span(&whole.buffer->storage->object);
  bytes->data += whole.buffer->offset + whole.offset + range->offset;
  bytes->readable = length;
  if (bytes->writable) bytes->writable = length;
  *owner = &whole.buffer->storage->object;
  return VM_OK;
}

/* ---- operations ---- */

static vm_status check_writable(vm_instance* vm, vm_span target) {
  if (target.store_fault != VM_PERMISSION_DENIED) return VM_OK;
  return vm_raise(vm, VM_PERMISSION_DENIED, "buffer is read-only and cannot be mapped for mutation");
}

vm_status hal_fill(vm_instance* vm, vm_span target, uint64_t offset, uint64_t pattern,
                   uint32_t pattern_length) {
  if (pattern_length != 1 && pattern_length != 2 && pattern_length != 4 && pattern_length != 8) {
    return vm_raise(vm, VM_INVALID_ARGUMENT, "fill patterns must be 1, 2, 4, or 8 bytes (got %u)",
                    (unsigned)pattern_length);
  }
  if (offset % pattern_length || target.readable % pattern_length) {
    return vm_raise(
        vm, VM_INVALID_ARGUMENT, "attempting to fill a range [%llu, +%llu) that is not aligned (pattern=%u)",
        (unsigned long long)offset, (unsigned long long)target.readable, (unsigned)pattern_length);
  }
  if (check_writable(vm, target) != VM_OK) return VM_PERMISSION_DENIED;
  vm_fill_bytes(target.data, target.readable, &pattern, pattern_length);
  return VM_OK;
}

vm_status hal_write(vm_instance* vm, const uint8_t* source, vm_span target) {
  vm_status status = check_writable(vm, target);
  if (status == VM_OK && target.readable) memmove(target.data, source, (size_t)target.readable);
  return status;
}

vm_status hal_copy(vm_instance* vm, vm_span source, vm_span target) {
  uintptr_t from = (uintptr_t)source.data, to = (uintptr_t)target.data;
  if (source.readable && (from < to ? to - from : from - to) < source.readable) {
    return vm_raise(vm, VM_INVALID_ARGUMENT, "source and target ranges overlap within the same buffer");
  }
  return hal_write(vm, source.data, target);
}
