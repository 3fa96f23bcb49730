/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "ops.h"

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

void vm_error_begin(vm_error* error, vm_status status) {
  error->status = status;
  error->frame_count = 0;
  strcpy(error->message, VM_DIAGNOSTICS > 0 ? fixed_text(status) : "");
}

vm_status(vm_raise)(vm_instance* vm, vm_status status, const char* format, ...) {
  va_list arguments;
  vm_error_begin(&vm->error, status);
  if (!format) return status;
  va_start(arguments, format);
  vsnprintf(vm->error.message, VM_MESSAGE_CAPACITY, format, arguments);
  va_end(arguments);
  return status;
}

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

/* ---- text ---- */

void vm_text_append(vm_text* text, const char* format, ...) {
  size_t used = text->length < text->capacity ? text->length : text->capacity;
  va_list arguments;
  int count;
  va_start(arguments, format);
  count = vsnprintf(text->data ? text->data + used : NULL, text->capacity - used, format, arguments);
  va_end(arguments);
  if (count > 0) text->length += (size_t)count;
}

static void append_frame(vm_text* text, const vm_frame* frame, uint32_t depth) {
  vm_text_append(text, "\n[%2u] bytecode %s", (unsigned)depth, frame->module);
  if (frame->function) {
    vm_text_append(text, ".%s", frame->function);
  } else {
    vm_text_append(text, "@%u", (unsigned)frame->ordinal);
  }
  vm_text_append(text, ":%u %s", (unsigned)frame->offset, frame->location ? frame->location : "-");
}

size_t vm_error_format(const vm_error* error, char* text, size_t capacity) {
  uint32_t kept = error->frame_count < VM_FRAME_CAPACITY ? error->frame_count : VM_FRAME_CAPACITY;
  vm_text out = {text, capacity, 0};
  uint32_t i;
  vm_text_append(&out, "%s", vm_status_name(error->status));
  if (error->message[0]) vm_text_append(&out, "; %s", error->message);
  if (kept) vm_text_append(&out, "; ");
  for (i = 0; i < kept; ++i) append_frame(&out, &error->frames[i], error->frame_count - 1 - i);
  if (kept < error->frame_count)
    vm_text_append(&out, "\n     and %u outer frames", (unsigned)(error->frame_count - kept));
  return out.length;
}
