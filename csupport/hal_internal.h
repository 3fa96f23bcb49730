/* SPDX-License-Identifier: Apache-2.0 */
/* What the HAL's own sources share and nobody else needs. */
#ifndef HAL_INTERNAL_H
#define HAL_INTERNAL_H

#include "hal.h"
#include "hal_executable.h"
#include "internal.h"
#include "ops.h"

/* ---- checks of arguments: each fails with IREE's status and text ---- */

VM_COLD vm_status hal_wrong_ref(vm_instance* vm, vm_ref ref, const vm_type* type);
VM_COLD vm_status hal_no_memory(vm_instance* vm, uint64_t size);
vm_status hal_check_type(vm_instance* vm, vm_ref ref, const vm_type* type);
vm_status hal_check_buffer(vm_instance* vm, vm_ref ref, hal_buffer** result);
vm_status hal_check_view(vm_instance* vm, vm_ref ref, hal_buffer_view** result);
vm_status hal_check_bytes(vm_instance* vm, vm_ref ref, vm_span* result);

/* That [offset, offset + length) lies within `limit` bytes; length -1 (as unsigned) becomes the rest. */
vm_status hal_check_range(vm_instance* vm, uint64_t offset, uint64_t* length, uint64_t limit);
vm_status hal_checked_subspan(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length,
                              hal_buffer** result);

/* The text that starts an assertion's message: usually the argument's name. */
typedef struct hal_label {
  const char* text;
  int length;
} hal_label;

hal_label hal_label_of(vm_ref message);
int hal_text_equals(vm_span text, const char* expected);

/* ---- objects ---- */

/* An object of `size` bytes (at least a vm_object) with one reference; NULL when memory ran out. */
vm_object* hal_new_object(vm_instance* vm, const vm_type* type, size_t size);

typedef struct hal_file {
  vm_object object;
  vm_ref owner; /* keeps the bytes alive */
  uint8_t* data;
  uint64_t length;
} hal_file;

/* What a worker's loop nests have needed for packed copies; the next dispatch finds it. */
typedef struct hal_scratch {
  void* memory;
  uint64_t bytes;
} hal_scratch;

typedef struct hal_executable {
  vm_object object;
  const hal_executable_code* code;
  vm_instance* instance;  /* of the nested module; workers run on copies of it */
  hal_scratch* scratches; /* one a worker */
  uint32_t scratch_count;
  vm_ref* layouts; /* one a function, from compilers that had them */
  uint32_t layout_count;
} hal_executable;

/* ---- dispatches ---- */

enum { HAL_BINDING_LIMIT = 32 };

typedef struct hal_dispatch {
  hal_executable* executable;
  uint32_t function;
  uint32_t groups[3];
  const int32_t* constants;
  uint32_t constant_count;
  uint32_t binding_count;
  int flush_denormals;
  vm_span bindings[HAL_BINDING_LIMIT];
  vm_ref owners[HAL_BINDING_LIMIT]; /* what keeps each binding's bytes alive */
} hal_dispatch;

/* That the executable has such a function, and that it takes so many constants and bindings. */
vm_status hal_dispatch_check_function(vm_instance* vm, const hal_dispatch* dispatch);
vm_status hal_dispatch_check(vm_instance* vm, const hal_dispatch* dispatch);

/* Runs all workgroups; the failure is that of the first one in order that fails. */
vm_status hal_dispatch_run(vm_instance* vm, hal_dispatch* dispatch);

/* How a worker runs a kernel that has only its export. */
typedef struct hal_worker {
  vm_instance vm; /* a copy: its error is this worker's own */
  vm_ref owned[3];
} hal_worker;

vm_status hal_generic_begin(hal_worker* worker, const hal_dispatch* dispatch);
void hal_generic_end(hal_worker* worker);
vm_status hal_generic_run(hal_worker* worker, const vm_export* function, const int32_t id[3],
                          const int32_t count[3]);

/* Threads a dispatch may use. */
int hal_thread_count(const vm_instance* vm);

/* ---- command buffers ---- */

/* A range of a buffer, or of what the binding table has in a slot when `buffer` is NULL. */
typedef struct hal_range {
  hal_buffer* buffer;
  uint32_t slot;
  uint64_t offset;
  uint64_t length;
} hal_range;

/* The binding table of one execution. */
typedef struct hal_table {
  uint32_t count;
  const vm_ref* buffers;
  const int64_t* offsets;
  const int64_t* lengths;
} hal_table;

/* The bytes of a range, its offset and length known to be in bounds. */
vm_status hal_resolve(vm_instance* vm, const hal_range* range, const hal_table* table, vm_span* bytes,
                      vm_ref* owner);

vm_status hal_command_buffer_run(vm_instance* vm, vm_ref command_buffer, const hal_table* table);

void hal_range_release(hal_range* range);
vm_status hal_range_set(vm_instance* vm, hal_range* range, int32_t slot, vm_ref buffer, int64_t offset,
                        int64_t length);

enum { HAL_SET_LIMIT = 4, HAL_CONSTANT_LIMIT = 64 };

/* What was pushed to a command buffer so far. */
typedef struct hal_pushed {
  int32_t constants[HAL_CONSTANT_LIMIT];
  hal_range bindings[HAL_SET_LIMIT * HAL_BINDING_LIMIT];
} hal_pushed;

vm_status hal_command_buffer_pushed(vm_instance* vm, vm_ref command_buffer, hal_pushed** result);

/* The memory operations of command buffers and queues. */
vm_status hal_fill(vm_instance* vm, vm_span target, uint64_t offset, uint64_t pattern,
                   uint32_t pattern_length);
vm_status hal_copy(vm_instance* vm, vm_span source, vm_span target);
vm_status hal_write(vm_instance* vm, const uint8_t* source, vm_span target);

/* ---- fences ---- */

/* What every queue operation does around its work: `wait` must have been reached, and `signal` gets the outcome. */
vm_status hal_queue_begin(vm_instance* vm, vm_ref device, vm_ref wait, vm_ref signal);
vm_status hal_queue_end(vm_ref signal, vm_status status);

#endif
