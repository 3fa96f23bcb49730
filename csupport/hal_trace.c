/* SPDX-License-Identifier: Apache-2.0 */
/* What programs print while they run: in a file of its own, so that those that print nothing link nothing of it. */
#include <stdio.h>

#include "hal_internal.h"

static vm_status print_view(vm_instance* vm, const hal_buffer_view* view) {
  size_t length = hal_format_view(view, NULL, 0);
  char* text = (char*)vm_allocate_array(vm->allocator, (uint64_t)length + 1, 1);
  if (!text) return hal_no_memory(vm, length);
  hal_format_view(view, text, length + 1);
  fprintf(stderr, "%s\n", text);
  vm_release_array(vm->allocator, text, (uint64_t)length + 1, 1);
  return VM_OK;
}

vm_status hal_inline_buffer_view_trace(vm_instance* vm, vm_ref key, uint32_t count, const vm_ref* views) {
  vm_span text;
  hal_buffer_view* view;
  uint32_t i;
  vm_status status = hal_check_bytes(vm, key, &text);
  for (i = 0; i < count && status == VM_OK; ++i) status = hal_check_view(vm, views[i], &view);
  if (status != VM_OK) return status;
  fprintf(stderr, "=== %.*s ===\n", hal_label_of(key).length, hal_label_of(key).text);
  for (i = 0; i < count && status == VM_OK; ++i) status = print_view(vm, hal_cast_view(views[i]));
  return status;
}
