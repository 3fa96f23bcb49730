/* SPDX-License-Identifier: Apache-2.0 */
/* The module `io_parameters`: parts of parameters, by name, into buffers. */
#include "io_parameters.h"

#include <string.h>

#include "hal_internal.h"

enum { SPAN_BYTES = 24, KEY_BYTES = 8, USAGE_SHARING_IMMUTABLE = 0x80000, ALIGNMENT = 64 };

/* What a call asks for: names, and for each where its bytes come from and go to. */
typedef struct request {
  vm_ref scope;
  vm_span key_table, key_data, spans;
  uint64_t count;
  uint64_t cursor; /* in the archive that was asked last */
} request;

typedef struct part {
  uint64_t parameter_offset, buffer_offset, length;
  io_entry entry;
  vm_ref archive;
} part;

/* ---- reading the tables ---- */

static vm_status begin(vm_instance* vm, request* wanted, vm_ref scope, vm_ref key_table, vm_ref key_data,
                       vm_ref spans) {
  vm_status status = hal_check_bytes(vm, key_table, &wanted->key_table);
  if (status == VM_OK) status = hal_check_bytes(vm, key_data, &wanted->key_data);
  if (status == VM_OK) status = hal_check_bytes(vm, spans, &wanted->spans);
  if (status == VM_OK && scope) status = hal_check_type(vm, scope, &vm_type_buffer);
  if (status != VM_OK) return status;
  wanted->scope = scope;
  wanted->cursor = 0;
  wanted->count = wanted->spans.readable / SPAN_BYTES;
  if (wanted->spans.readable % SPAN_BYTES || wanted->key_table.readable / KEY_BYTES < wanted->count) {
    return vm_raise(vm, VM_INVALID_ARGUMENT, "parameter tables of %llu and %llu bytes do not match",
                    (unsigned long long)wanted->key_table.readable,
                    (unsigned long long)wanted->spans.readable);
  }
  return VM_OK;
}

static int is_scope(const io_scope* candidate, vm_ref scope) {
  return scope ? hal_text_equals(vm_buffer_span(scope), candidate->name) : !candidate->name[0];
}

static VM_COLD vm_status no_scope(vm_instance* vm, vm_ref scope) {
  hal_label name = hal_label_of(scope);
  (void)name;
  return vm_raise(vm, VM_NOT_FOUND, "no provider registered that handles scopes like '%.*s'", name.length,
                  name.text);
}

static VM_COLD vm_status bad_key(vm_instance* vm, vm_status status, const uint8_t* key, uint32_t length) {
  (void)key, (void)length;
  return vm_raise(vm, status,
                  status == VM_NOT_FOUND ? "no parameter found with key '%.*s'"
                                         : "parameter '%.*s' is in a file of another kind",
                  length < VM_MESSAGE_CAPACITY ? (int)length : VM_MESSAGE_CAPACITY, (const char*)key);
}

static vm_status find(vm_instance* vm, request* wanted, const uint8_t* key, uint32_t length, part* result) {
  const io_parameters* known = vm->parameters;
  int is_known = 0;
  uint32_t i;
  for (i = 0; known && i < known->count; ++i) {
    vm_status status;
    if (!is_scope(&known->scopes[i], wanted->scope)) continue;
    is_known = 1;
    status = io_archive_find(known->scopes[i].archive, key, length, &wanted->cursor, &result->entry);
    result->archive = known->scopes[i].archive;
    if (status != VM_NOT_FOUND) return status == VM_OK ? VM_OK : bad_key(vm, status, key, length);
  }
  return is_known ? bad_key(vm, VM_NOT_FOUND, key, length) : no_scope(vm, wanted->scope);
}

static vm_status read_part(vm_instance* vm, request* wanted, uint64_t index, part* result) {
  uint32_t key[2];
  uint64_t span[3];
  vm_status status;
  memcpy(key, wanted->key_table.data + index * KEY_BYTES, sizeof key);
  memcpy(span, wanted->spans.data + index * SPAN_BYTES, sizeof span);
  if (key[0] > wanted->key_data.readable || key[1] > wanted->key_data.readable - key[0]) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "key %llu is outside of the table's text",
                    (unsigned long long)index);
  }
  status = find(vm, wanted, wanted->key_data.data + key[0], key[1], result);
  if (status != VM_OK) return status;
  result->parameter_offset = span[0];
  result->buffer_offset = span[1];
  result->length = span[2];
  if (span[0] > result->entry.length || span[2] > result->entry.length - span[0]) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "parameter range [%llu, +%llu) is outside of a value of %llu bytes",
                    (unsigned long long)span[0], (unsigned long long)span[2],
                    (unsigned long long)result->entry.length);
  }
  return VM_OK;
}

static void copy_part(const part* source, uint8_t* target) {
  uint64_t i;
  if (!source->entry.pattern_length) {
    if (source->length) memcpy(target, source->entry.data + source->parameter_offset, (size_t)source->length);
    return;
  }
  for (i = 0; i < source->length; ++i) {
    target[i] = source->entry.data[(source->parameter_offset + i) % source->entry.pattern_length];
  }
}

/* ---- load: a buffer each ---- */

/* Constants can stay where they are. */
static vm_status share_part(vm_instance* vm, const part* source, hal_buffer** result) {
  vm_buffer* bytes;
  vm_ref creation;
  uint8_t* data = (uint8_t*)(uintptr_t)source->entry.data + source->parameter_offset;
  vm_status status = vm_buffer_wrap(vm->allocator, data, source->length, 0, source->archive, &bytes);
  if (status != VM_OK) return status;
  status = hal_buffer_wrap(vm->allocator, bytes, 0, source->length, result);
  creation = &bytes->object;
  vm_release(&creation);
  return status;
}

static vm_status load_part(vm_instance* vm, const part* source, int32_t usage, hal_buffer** result) {
  uintptr_t address = (uintptr_t)source->entry.data + (uintptr_t)source->parameter_offset;
  vm_status status;
  if ((usage & USAGE_SHARING_IMMUTABLE) && !source->entry.pattern_length && address % ALIGNMENT == 0) {
    status = share_part(vm, source, result);
  } else {
    status = hal_buffer_allocate(vm->allocator, source->length, ALIGNMENT, result);
    if (status == VM_OK) copy_part(source, hal_buffer_data(*result));
  }
  return status == VM_OK ? VM_OK : hal_no_memory(vm, source->length);
}

static vm_status append_part(vm_instance* vm, request* wanted, uint64_t index, int32_t usage, vm_list* list) {
  hal_buffer* buffer = NULL;
  vm_variant value;
  part source;
  vm_status status = read_part(vm, wanted, index, &source);
  if (status == VM_OK) status = load_part(vm, &source, usage, &buffer);
  if (status != VM_OK) return status;
  value.type = &hal_type_buffer;
  value.value.ref = &buffer->object;
  status = vm_list_append(list, value);
  vm_release(&value.value.ref);
  return status == VM_OK ? VM_OK : hal_no_memory(vm, 0);
}

static vm_status load_all(vm_instance* vm, request* wanted, int32_t usage, vm_ref* result) {
  vm_list* list;
  uint64_t i;
  vm_status status = vm_list_create(vm->allocator, &hal_type_buffer, 0, &list);
  if (status != VM_OK) return hal_no_memory(vm, 0);
  *result = (vm_ref)list;
  for (i = 0; i < wanted->count && status == VM_OK; ++i) status = append_part(vm, wanted, i, usage, list);
  if (status != VM_OK) vm_release(result);
  return status;
}

vm_status io_parameters_load(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                             vm_ref scope, int64_t target_affinity, int32_t types, int32_t usage,
                             vm_ref key_table, vm_ref key_data, vm_ref spans, vm_ref* result) {
  request wanted;
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity, (void)target_affinity, (void)types;
  if (status != VM_OK) return status;
  status = begin(vm, &wanted, scope, key_table, key_data, spans);
  return hal_queue_end(signal, status == VM_OK ? load_all(vm, &wanted, usage, result) : status);
}

/* ---- gather: parts of one buffer ---- */

static vm_status gather_part(vm_instance* vm, request* wanted, uint64_t index, hal_buffer* target) {
  part source;
  vm_status status = read_part(vm, wanted, index, &source);
  if (status == VM_OK) status = hal_check_range(vm, source.buffer_offset, &source.length, target->length);
  if (status == VM_OK) copy_part(&source, hal_buffer_data(target) + source.buffer_offset);
  return status;
}

static vm_status gather_all(vm_instance* vm, request* wanted, vm_ref buffer) {
  hal_buffer* target;
  uint64_t i;
  vm_status status = hal_check_buffer(vm, buffer, &target);
  if (status != VM_OK) return status;
  if (!(target->storage->access & VM_ACCESS_MUTABLE)) {
    return vm_raise(vm, VM_PERMISSION_DENIED, "buffer is read-only and cannot be mapped for mutation");
  }
  for (i = 0; i < wanted->count && status == VM_OK; ++i) status = gather_part(vm, wanted, i, target);
  return status;
}

vm_status io_parameters_gather(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                               vm_ref scope, vm_ref target, vm_ref key_table, vm_ref key_data, vm_ref spans) {
  request wanted;
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity;
  if (status != VM_OK) return status;
  status = begin(vm, &wanted, scope, key_table, key_data, spans);
  return hal_queue_end(signal, status == VM_OK ? gather_all(vm, &wanted, target) : status);
}

/* ---- scatter: archives are only read ---- */

static vm_status scatter_all(vm_instance* vm, request* wanted) {
  part target;
  vm_status status = wanted->count ? read_part(vm, wanted, 0, &target) : VM_OK;
  if (status != VM_OK || !wanted->count) return status;
  return vm_raise(vm, VM_PERMISSION_DENIED, "parameter archives are read-only");
}

vm_status io_parameters_scatter(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref source, vm_ref scope, vm_ref key_table, vm_ref key_data,
                                vm_ref spans) {
  hal_buffer* buffer;
  request wanted;
  vm_status status = hal_queue_begin(vm, device, wait, signal);
  (void)affinity;
  if (status == VM_OK) status = hal_check_buffer(vm, source, &buffer);
  if (status == VM_OK) status = begin(vm, &wanted, scope, key_table, key_data, spans);
  return hal_queue_end(signal, status == VM_OK ? scatter_all(vm, &wanted) : status);
}
