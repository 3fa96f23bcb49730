/* SPDX-License-Identifier: Apache-2.0 */
/* The devices: all of them the CPU the program runs on, which is also their allocator. */
#include <string.h>

#include "hal_internal.h"
#include "hal_module.h"

/* There is nothing to destroy: both objects are constants. */
const vm_type hal_type_device = {"!hal.device", VM_TYPE_REF, NULL};
const vm_type hal_type_allocator = {"!hal.allocator", VM_TYPE_REF, NULL};

/* Programs compare devices by identity, and nothing else tells them apart. */
#define DEVICE \
  { &hal_type_device, NULL, 1 }
#define DEVICES DEVICE, DEVICE, DEVICE, DEVICE, DEVICE, DEVICE, DEVICE, DEVICE
static const vm_object the_devices[HAL_DEVICE_LIMIT] = {DEVICES, DEVICES, DEVICES, DEVICES,
                                                        DEVICES, DEVICES, DEVICES, DEVICES};
static const vm_object the_allocator = {&hal_type_allocator, NULL, 1};

/* Objects without an allocator are never written. */
static vm_ref immortal(const vm_object* object) { return (vm_ref)(uintptr_t)object; }

vm_status hal_devices_count(vm_instance* vm, int32_t* result) {
  *result = (int32_t)vm->devices;
  return VM_OK;
}

vm_status hal_devices_get(vm_instance* vm, int32_t index, vm_ref* result) {
  *result = (uint32_t)index < vm->devices ? immortal(&the_devices[index]) : NULL;
  return VM_OK;
}

vm_status hal_ex_shared_device(vm_instance* vm, vm_ref* result) { return hal_devices_get(vm, 0, result); }

vm_status hal_device_allocator(vm_instance* vm, vm_ref device, vm_ref* result) {
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  if (status == VM_OK) *result = immortal(&the_allocator);
  return status;
}

/* ---- queries ---- */

/* `*` stands for any text and `?` for any character. */
static int matches(const char* pattern, size_t length, const char* text) {
  for (; length; ++pattern, --length, ++text) {
    if (*pattern == '*') {
      for (;; ++text) {
        if (matches(pattern + 1, length - 1, text)) return 1;
        if (!*text) return 0;
      }
    }
    if (!*text || (*pattern != '?' && *pattern != *text)) return 0;
  }
  return !*text;
}

/* The device goes by the names of both of IREE's drivers for the CPU. */
static int is_own_name(vm_span pattern) {
  const char* text = (const char*)pattern.data;
  size_t length = pattern.readable < 256 ? (size_t)pattern.readable : 256;
  return matches(text, length, "local-sync") || matches(text, length, "local-task");
}

static int answer(vm_instance* vm, vm_span category, vm_span key, int64_t* value) {
  if (hal_text_equals(category, "hal.device.id")) {
    *value = is_own_name(key);
  } else if (hal_text_equals(category, "hal.executable.format")) {
    *value = hal_text_equals(key, HAL_FORMAT_VMVX);
  } else if ((hal_text_equals(category, "hal.device") || hal_text_equals(category, "hal.dispatch")) &&
             hal_text_equals(key, "concurrency")) {
    *value = hal_text_equals(category, "hal.device") ? 1 : hal_thread_count(vm);
  } else {
    return 0;
  }
  return 1;
}

vm_status hal_device_query_i64(vm_instance* vm, vm_ref device, vm_ref category, vm_ref key, int32_t* ok,
                               int64_t* value) {
  vm_span category_text, key_text;
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  if (status == VM_OK) status = hal_check_bytes(vm, category, &category_text);
  if (status == VM_OK) status = hal_check_bytes(vm, key, &key_text);
  if (status != VM_OK) return status;
  *value = 0;
  *ok = answer(vm, category_text, key_text, value);
  return VM_OK;
}
