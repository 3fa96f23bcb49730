/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"

struct vm_list {
  vm_object object;
  const vm_type* element_type;
  uint32_t count, capacity;
  void* elements; /* of one size each; zero is the initial value of every kind of element */
  vm_list* next;  /* while being destroyed: the next list to destroy */
};

static void list_destroy(vm_object* object);

const vm_type vm_type_list = {"!vm.list", VM_TYPE_REF, list_destroy};

static size_t element_size(const vm_type* type) {
  switch (type->kind) {
    case VM_TYPE_I8: return 1;
    case VM_TYPE_I16: return 2;
    case VM_TYPE_I32:
    case VM_TYPE_F32: return 4;
    case VM_TYPE_I64:
    case VM_TYPE_F64: return 8;
    case VM_TYPE_REF: return sizeof(vm_ref);
    case VM_TYPE_OPAQUE: break;
  }
  return sizeof(vm_variant);
}

vm_list_storage vm_list_kind(const vm_list* list) {
  switch (list->element_type->kind) {
    case VM_TYPE_REF: return VM_LIST_REFS;
    case VM_TYPE_OPAQUE: return VM_LIST_VARIANTS;
    default: return VM_LIST_VALUES;
  }
}

static void* element_at(const vm_list* list, uint32_t index) {
  return (uint8_t*)list->elements + (size_t)index * element_size(list->element_type);
}

/* ---- elements ---- */

static vm_value value_load(const void* memory, vm_type_kind kind) {
  vm_value value;
  memset(&value, 0, sizeof value);
  if (kind == VM_TYPE_I8) {
    value.i32 = *(const int8_t*)memory;
  } else if (kind == VM_TYPE_I16) {
    value.i32 = *(const int16_t*)memory;
  } else if (kind == VM_TYPE_I64 || kind == VM_TYPE_F64) {
    memcpy(&value, memory, 8);
  } else {
    memcpy(&value, memory, 4);
  }
  return value;
}

/* Little endian: the low bytes of the value are the narrower value. */
static void value_store(void* memory, const vm_type* type, vm_value value) {
  memcpy(memory, &value, element_size(type));
}

static vm_ref element_ref(const vm_list* list, uint32_t index) {
  vm_variant variant;
  switch (vm_list_kind(list)) {
    case VM_LIST_REFS: return *(vm_ref*)element_at(list, index);
    case VM_LIST_VARIANTS:
      variant = *(vm_variant*)element_at(list, index);
      return variant.type && variant.type->kind == VM_TYPE_REF ? variant.value.ref : NULL;
    default: return NULL;
  }
}

vm_variant vm_list_read(const vm_list* list, uint32_t index) {
  const void* element = element_at(list, index);
  vm_variant result = {NULL, {0}};
  switch (vm_list_kind(list)) {
    case VM_LIST_VARIANTS: return *(const vm_variant*)element;
    case VM_LIST_REFS:
      result.value.ref = *(const vm_ref*)element;
      result.type = result.value.ref ? result.value.ref->type : NULL;
      return result;
    default:
      result.type = list->element_type;
      result.value = value_load(element, list->element_type->kind);
      return result;
  }
}

static int is_integer(vm_type_kind kind) { return kind <= VM_TYPE_I64; }

static int64_t integer_of(vm_variant value) {
  switch (value.type->kind) {
    case VM_TYPE_I8: return (int8_t)value.value.i32;
    case VM_TYPE_I16: return (int16_t)value.value.i32;
    case VM_TYPE_I32: return value.value.i32;
    default: return value.value.i64;
  }
}

static vm_value integer_convert(vm_variant value, vm_type_kind kind) {
  vm_value result;
  memset(&result, 0, sizeof result);
  if (kind == VM_TYPE_I64) {
    result.i64 = integer_of(value);
  } else {
    result.i32 = (int32_t)integer_of(value);
  }
  return result;
}

vm_value vm_value_convert(vm_variant value, vm_type_kind kind) {
  vm_type_kind from = value.type->kind;
  vm_value result;
  memset(&result, 0, sizeof result);
  if (from == kind) return value.value;
  if (is_integer(from) && is_integer(kind)) return integer_convert(value, kind);
  if (from == VM_TYPE_F32 && kind == VM_TYPE_F64) result.f64 = (double)value.value.f32;
  if (from == VM_TYPE_F64 && kind == VM_TYPE_F32) result.f32 = (float)value.value.f64;
  return result;
}

void vm_list_write(vm_list* list, uint32_t index, vm_variant value) {
  vm_ref old = element_ref(list, index);
  void* element = element_at(list, index);
  if (value.type && value.type->kind == VM_TYPE_REF && !vm_retain(value.value.ref)) value.type = NULL;
  switch (vm_list_kind(list)) {
    case VM_LIST_REFS: *(vm_ref*)element = value.type ? value.value.ref : NULL; break;
    case VM_LIST_VARIANTS: *(vm_variant*)element = value; break;
    default: value_store(element, list->element_type, vm_value_convert(value, list->element_type->kind));
  }
  vm_release(&old);
}

/* ---- size ---- */

/* Zeroed memory is moved rather than grown in place: the allocator interface has no realloc, and growing by
 * doubling makes up for it. */
static vm_status list_move(vm_list* list, uint32_t capacity) {
  const vm_allocator* allocator = list->object.allocator;
  size_t size = element_size(list->element_type);
  void* elements;
  if (capacity > VM_LIST_LIMIT) return VM_RESOURCE_EXHAUSTED;
  elements = vm_allocate_array(allocator, capacity, size);
  if (!elements) return VM_RESOURCE_EXHAUSTED;
  if (list->elements) memcpy(elements, list->elements, list->count * size);
  vm_release_array(allocator, list->elements, list->capacity, size);
  list->elements = elements;
  list->capacity = capacity;
  return VM_OK;
}

vm_status vm_list_set_capacity(vm_list* list, uint32_t capacity) {
  return capacity > list->capacity ? list_move(list, capacity) : VM_OK;
}

static uint32_t grown(const vm_list* list, uint32_t needed) {
  uint32_t doubled = list->capacity < VM_LIST_LIMIT / 2 ? list->capacity * 2 : VM_LIST_LIMIT;
  uint32_t target = doubled > 8 ? doubled : 8;
  return needed > target || target > VM_LIST_LIMIT ? needed : target;
}

static void clear_tail(vm_list* list, uint32_t count) {
  uint32_t old_count = list->count;
  uint32_t i;
  list->count = count;
  for (i = count; i < old_count; ++i) {
    vm_ref ref = element_ref(list, i);
    vm_release(&ref);
  }
  if (count < old_count) {
    memset(element_at(list, count), 0, (old_count - count) * element_size(list->element_type));
  }
}

vm_status vm_list_set_count(vm_list* list, uint32_t count) {
  vm_status status = count > list->capacity ? list_move(list, grown(list, count)) : VM_OK;
  if (status != VM_OK) return status;
  if (count < list->count) {
    clear_tail(list, count);
  }
  list->count = count;
  return VM_OK;
}

/* ---- life ---- */

vm_status vm_list_create(const vm_allocator* allocator, const vm_type* element_type, uint32_t capacity,
                         vm_list** result) {
  vm_list* list = (vm_list*)vm_allocate_array(allocator, 1, sizeof(vm_list));
  vm_status status;
  *result = NULL;
  if (!list) return VM_RESOURCE_EXHAUSTED;
  list->object.type = &vm_type_list;
  list->object.allocator = allocator;
  list->object.references = 1;
  list->element_type = element_type;
  status = vm_list_set_capacity(list, capacity < VM_LIST_HINT ? capacity : VM_LIST_HINT);
  if (status != VM_OK) {
    list_destroy(&list->object);
    return status;
  }
  *result = list;
  return VM_OK;
}

static void list_free(vm_list* list) {
  const vm_allocator* allocator = list->object.allocator;
  vm_release_array(allocator, list->elements, list->capacity, element_size(list->element_type));
  vm_release_array(allocator, list, 1, sizeof(vm_list));
}

/* A program may nest lists without bound, so lists found dead inside a dead list wait their turn in a chain
 * instead of on the C stack. */
static void release_elements(vm_list* list, vm_list** pending) {
  uint32_t i;
  for (i = 0; i < list->count; ++i) {
    vm_ref ref = element_ref(list, i);
    if (!vm_drop(ref)) continue;
    if (ref->type != &vm_type_list) {
      vm_destroy(ref);
      continue;
    }
    ((vm_list*)ref)->next = *pending;
    *pending = (vm_list*)ref;
  }
}

static void list_destroy(vm_object* object) {
  vm_list* pending = (vm_list*)object;
  pending->next = NULL;
  while (pending) {
    vm_list* list = pending;
    pending = list->next;
    release_elements(list, &pending);
    list_free(list);
  }
}

/* ---- for embedders ---- */

uint32_t vm_list_count(const vm_list* list) { return list->count; }

int vm_list_accepts(const vm_list* list, vm_variant value) {
  int is_ref = !value.type || value.type->kind == VM_TYPE_REF;
  switch (vm_list_kind(list)) {
    case VM_LIST_REFS:
      return is_ref && (!value.type || !value.value.ref || value.value.ref->type == list->element_type);
    case VM_LIST_VARIANTS: return 1;
    default: return !is_ref;
  }
}

vm_status vm_list_append(vm_list* list, vm_variant value) {
  uint32_t index = list->count;
  vm_status status;
  if (!vm_list_accepts(list, value)) return VM_INVALID_ARGUMENT;
  status = index < VM_LIST_LIMIT ? vm_list_set_count(list, index + 1) : VM_RESOURCE_EXHAUSTED;
  if (status == VM_OK) vm_list_write(list, index, value);
  return status;
}

vm_status vm_list_at(const vm_list* list, uint32_t index, vm_variant* result) {
  if (index >= list->count) return VM_OUT_OF_RANGE;
  *result = vm_list_read(list, index);
  return VM_OK;
}
