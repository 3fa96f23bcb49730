/* SPDX-License-Identifier: Apache-2.0 */
/* Text for people: what programs that print nothing need not link. */
#include <stdio.h>

#include "internal.h"

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
