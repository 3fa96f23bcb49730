/* The runtime as the Python binding sees it: a few plain functions over inline functions and HAL objects. */
#ifndef BINDING_H
#define BINDING_H

#include "vm.h"

/* Takes one more reference; null is allowed. */
void binding_retain(vm_ref ref);

/* Gives one reference back; null is allowed. */
void binding_release(vm_ref ref);

/* How many references there are: what is above 1 belongs to somebody else. */
uint32_t binding_references(vm_ref ref);

/* A dense tensor in somebody's memory, or with rank 0 and no element type plain bytes. */
typedef struct binding_view {
  uint8_t* data;
  uint64_t length; /* bytes */
  uint32_t access; /* VM_ACCESS_… */
  uint32_t element_type;
  uint32_t rank;
  const int64_t* dims;
} binding_view;

/* New buffer view (with an element type) or buffer (without) over bytes that `owner` keeps alive. */
vm_status binding_wrap(const binding_view* view, vm_ref owner, vm_ref* result);

/* What a buffer view or a buffer covers; INVALID_ARGUMENT for any other object. */
vm_status binding_read(vm_ref ref, binding_view* result);

/* vm_list_append, with the union by address: libffi cannot pass one by value. */
vm_status binding_append(vm_list* list, const vm_variant* value);

#endif
