/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions on lists. */
#include <string.h>

#include "internal.h"
#include "ops.h"

static const vm_type* value_type(vm_type_kind kind) {
  switch (kind) {
    case VM_TYPE_I64: return &vm_type_i64;
    case VM_TYPE_F32: return &vm_type_f32;
    case VM_TYPE_F64: return &vm_type_f64;
    default: return &vm_type_i32;
  }
}

static vm_list* cast_list(vm_ref ref) { return ref && ref->type == &vm_type_list ? (vm_list*)ref : NULL; }

static VM_COLD vm_status list_is_null(vm_instance* vm) {
  return vm_raise(vm, VM_INVALID_ARGUMENT, "list is null");
}

static VM_COLD vm_status wrong_kind(vm_instance* vm, const char* what) {
  return vm_raise(vm, VM_FAILED_PRECONDITION, "list element is not %s", what);
}

static VM_COLD vm_status out_of_memory(vm_instance* vm, int32_t count) {
  return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "no memory for a list of %u elements", (unsigned)count);
}

static vm_status resolve(vm_instance* vm, vm_ref ref, int32_t index, vm_list** list) {
  *list = cast_list(ref);
  if (!*list) return list_is_null(vm);
  if ((uint32_t)index < vm_list_count(*list)) return VM_OK;
  return vm_raise(vm, VM_OUT_OF_RANGE, "index %u out of bounds (%u)", (unsigned)index,
                  (unsigned)vm_list_count(*list));
}

vm_status vm_list_alloc(vm_instance* vm, const vm_type* element_type, int32_t initial_capacity,
                        vm_ref* result) {
  vm_list* list;
  vm_status status = vm_list_create(vm->allocator, element_type, (uint32_t)initial_capacity, &list);
  if (status != VM_OK) return out_of_memory(vm, initial_capacity);
  *result = (vm_ref)list;
  return VM_OK;
}

vm_status vm_list_reserve(vm_instance* vm, vm_ref list, int32_t minimum_capacity) {
  vm_list* target = cast_list(list);
  if (!target) return list_is_null(vm);
  if (vm_list_set_capacity(target, (uint32_t)minimum_capacity) == VM_OK) return VM_OK;
  return out_of_memory(vm, minimum_capacity);
}

vm_status vm_list_size(vm_instance* vm, vm_ref list, int32_t* result) {
  vm_list* source = cast_list(list);
  if (!source) return list_is_null(vm);
  *result = (int32_t)vm_list_count(source);
  return VM_OK;
}

vm_status vm_list_resize(vm_instance* vm, vm_ref list, int32_t new_size) {
  vm_list* target = cast_list(list);
  if (!target) return list_is_null(vm);
  if (vm_list_set_count(target, (uint32_t)new_size) == VM_OK) return VM_OK;
  return out_of_memory(vm, new_size);
}

static int is_value(vm_variant variant) { return variant.type && variant.type->kind < VM_TYPE_OPAQUE; }

vm_status vm_list_get_value(vm_instance* vm, vm_ref list, int32_t index, vm_type_kind kind,
                            vm_value* result) {
  vm_list* source;
  vm_variant element;
  vm_status status = resolve(vm, list, index, &source);
  if (status != VM_OK) return status;
  element = vm_list_read(source, (uint32_t)index);
  if (!is_value(element)) return wrong_kind(vm, "a value");
  *result = vm_value_convert(element, kind);
  return VM_OK;
}

vm_status vm_list_set_value(vm_instance* vm, vm_ref list, int32_t index, vm_type_kind kind, vm_value value) {
  vm_list* target;
  vm_variant element;
  vm_status status = resolve(vm, list, index, &target);
  if (status != VM_OK) return status;
  if (vm_list_kind(target) == VM_LIST_REFS) return wrong_kind(vm, "a value");
  element.type = value_type(kind);
  element.value = value;
  vm_list_write(target, (uint32_t)index, element);
  return VM_OK;
}

/* A reference of another type than asked for reads as null, without an error; when moved it is gone all the
 * same. */
vm_status vm_list_get_ref(vm_instance* vm, vm_ref list, int32_t index, const vm_type* type, int32_t move,
                          vm_ref* result) {
  static const vm_variant empty = {NULL, {0}};
  vm_list* source;
  vm_variant element;
  vm_status status = resolve(vm, list, index, &source);
  if (status != VM_OK) return status;
  element = vm_list_read(source, (uint32_t)index);
  if (is_value(element)) return wrong_kind(vm, "a reference");
  *result = element.type == type ? vm_retain(element.value.ref) : NULL;
  if (move) vm_list_write(source, (uint32_t)index, empty);
  return VM_OK;
}

vm_status vm_list_set_ref(vm_instance* vm, vm_ref list, int32_t index, vm_ref value) {
  vm_list* target;
  vm_variant element = {NULL, {0}};
  vm_status status = resolve(vm, list, index, &target);
  if (status != VM_OK) return status;
  if (vm_list_kind(target) == VM_LIST_VALUES) return wrong_kind(vm, "a reference");
  if (value) element.type = value->type;
  element.value.ref = value;
  if (!vm_list_accepts(target, element)) {
    return vm_raise(vm, VM_INVALID_ARGUMENT, "list does not take elements of type %s", value->type->name);
  }
  vm_list_write(target, (uint32_t)index, element);
  return VM_OK;
}
