/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime's own sources share and nobody else needs. */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H

#include <stdarg.h>

#include "vm.h"

/* Zeroed memory for `count` elements (at least one, so that NULL always means failure); NULL when the size
 * does not fit in memory or memory ran out. */
void* vm_allocate_array(const vm_allocator* allocator, uint64_t count, size_t size);
void vm_release_array(const vm_allocator* allocator, void* memory, uint64_t count, size_t size);

/* Takes one reference away without destroying; returns whether it was the last. */
int vm_drop(vm_ref ref);

/* Text of a fixed capacity that counts what would have been needed, as snprintf does. */
typedef struct vm_text {
  char* data;
  size_t capacity;
  size_t length;
} vm_text;

void vm_text_append(vm_text* text, const char* format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Starts a new error: no frames, and the status's fixed text for a message. */
void vm_error_begin(vm_error* error, vm_status status);

/* Repeats a pattern of `size` bytes over `length` bytes, a multiple of it. */
void vm_fill_bytes(uint8_t* target, uint64_t length, const void* pattern, uint32_t size);

/* Gives back all that vm_claim has taken from the allocator. */
void vm_claims_release(vm_instance* vm);

/* ---- list storage, for the instructions ---- */

typedef enum vm_list_storage { VM_LIST_VALUES, VM_LIST_REFS, VM_LIST_VARIANTS } vm_list_storage;

vm_list_storage vm_list_kind(const vm_list* list);
vm_status vm_list_set_capacity(vm_list* list, uint32_t capacity); /* at least this much */
vm_status vm_list_set_count(vm_list* list, uint32_t count);
vm_variant vm_list_read(const vm_list* list, uint32_t index);
int vm_list_accepts(const vm_list* list, vm_variant value);
void vm_list_write(vm_list* list, uint32_t index,
                   vm_variant value); /* of a type the list takes; retains a ref */

/* The same number at another type.  Between integers and floats there is no conversion: the result is 0. */
vm_value vm_value_convert(vm_variant value, vm_type_kind kind);

#endif
