/* SPDX-License-Identifier: Apache-2.0 */
/* Files, which are constants of the module under another name. */
#include "hal_internal.h"
#include "hal_module.h"

enum { ACCESS_READ = 1 };

static void file_destroy(vm_object* object) {
  vm_release(&((hal_file*)object)->owner);
  vm_release_array(object->allocator, object, 1, sizeof(hal_file));
}

const vm_type hal_type_file = {"!hal.file", VM_TYPE_REF, file_destroy};

vm_status hal_ex_file_from_memory(vm_instance* vm, vm_ref device, int64_t affinity, int32_t access,
                                  vm_ref source, int64_t offset, int64_t length, int32_t flags,
                                  vm_ref* result) {
  vm_span bytes;
  hal_file* file;
  uint64_t size = (uint64_t)length;
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  (void)affinity, (void)flags;
  if (status == VM_OK) status = hal_check_bytes(vm, source, &bytes);
  if (status != VM_OK) return status;
  if (access != ACCESS_READ) {
    return vm_raise(vm, VM_PERMISSION_DENIED, "files in memory can only be read");
  }
  status = hal_check_range(vm, (uint64_t)offset, &size, bytes.readable);
  if (status != VM_OK) return status;
  file = (hal_file*)hal_new_object(vm, &hal_type_file, sizeof *file);
  if (!file) return hal_no_memory(vm, sizeof *file);
  file->owner = vm_retain(source);
  file->data = bytes.data + offset;
  file->length = size;
  *result = &file->object;
  return VM_OK;
}
