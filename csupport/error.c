/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "ops.h"

#if VM_DIAGNOSTICS > 0
/* For a failure of which only the code is known. */
static const char* fixed_text(vm_status status) {
  switch (status) {
    case VM_INVALID_ARGUMENT: return "null or unsuitable operand";
    case VM_NOT_FOUND: return "import is not bound";
    case VM_PERMISSION_DENIED: return "buffer is read-only and cannot be mapped for mutation";
    case VM_RESOURCE_EXHAUSTED: return "out of memory or stack";
    case VM_FAILED_PRECONDITION: return "element is of another kind";
    case VM_OUT_OF_RANGE: return "out-of-bounds access detected";
    default: return "";
  }
}
#endif

void vm_error_begin(vm_error* error, vm_status status) {
  error->status = status;
  error->frame_count = 0;
#if VM_DIAGNOSTICS > 0
  memcpy(error->message, fixed_text(status), strlen(fixed_text(status)) + 1);
#else
  error->message[0] = 0;
#endif
}

#if VM_DIAGNOSTICS == 2
vm_status(vm_raise)(vm_instance* vm, vm_status status, const char* format, ...) {
  va_list arguments;
  vm_error_begin(&vm->error, status);
  if (!format) return status;
  va_start(arguments, format);
  vsnprintf(vm->error.message, VM_MESSAGE_CAPACITY, format, arguments);
  va_end(arguments);
  return status;
}
#else
vm_status(vm_raise)(vm_instance* vm, vm_status status, const char* format, ...) {
  (void)format;
  vm_error_begin(&vm->error, status);
  return status;
}
#endif

/* DEFERRED would read as "suspended, call again", and a code whose five bits are zero as success: neither may
 * leave a program that asked to fail. */
static vm_status failure_code(int32_t status) {
  vm_status code = status & 0x1F;
  return code == VM_OK || code == VM_DEFERRED ? VM_UNKNOWN : code;
}

vm_status vm_fail(vm_instance* vm, int32_t status, const char* message, uint32_t length) {
  size_t kept = length < VM_MESSAGE_CAPACITY ? length : VM_MESSAGE_CAPACITY - 1;
  if (status == 0) return VM_OK;
  vm_error_begin(&vm->error, failure_code(status));
  if (VM_DIAGNOSTICS > 0) {
    if (kept) memcpy(vm->error.message, message, kept);
    vm->error.message[kept] = 0;
  }
  return vm->error.status;
}

#if VM_DIAGNOSTICS > 0

/* The last entry at or before the offset: a location holds until the next one begins. */
static const char* find_location(const vm_function_info* function, uint32_t offset) {
  const char* text = NULL;
  uint32_t i;
  if (!function->locations) return NULL;
  for (i = 0; i < function->location_count && function->locations[i].offset <= offset; ++i) {
    text = function->locations[i].text;
  }
  return text;
}

static void add_frame(vm_instance* vm, uint32_t function, uint32_t offset) {
  const vm_module* module = vm->module;
  uint32_t index = vm->error.frame_count++;
  vm_frame* frame;
  if (index >= VM_FRAME_CAPACITY) return;
  frame = &vm->error.frames[index];
  memset(frame, 0, sizeof *frame);
  frame->module = module->name;
  frame->ordinal = function;
  frame->offset = offset;
  if (function >= module->function_count) return;
  frame->function = module->functions[function].name;
  frame->location = find_location(&module->functions[function], offset);
}

#endif

vm_status vm_unwind(vm_instance* vm, vm_status status, uint32_t function, uint32_t offset) {
  if (vm->error.status != status) vm_error_begin(&vm->error, status);
#if VM_DIAGNOSTICS > 0
  add_frame(vm, function, offset);
#else
  (void)function;
  (void)offset;
#endif
  return status;
}
