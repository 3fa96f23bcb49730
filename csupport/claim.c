/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for what would make frames of C too large.  It is a stack in pieces, so that nothing of it ever moves. */
#include "internal.h"
#include "ops.h"

enum { PIECE_SIZE = 1 << 16, ALIGNMENT = 16 };

struct vm_piece {
  vm_piece* below;
  size_t size, used; /* bytes behind the header */
};

#define HEADER ((sizeof(vm_piece) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1))

static uint8_t* data_of(vm_piece* piece) { return (uint8_t*)piece + HEADER; }

static void release_piece(vm_instance* vm, vm_piece* piece) {
  if (piece) vm->allocator->release(vm->allocator->self, piece, HEADER + piece->size);
}

void vm_claims_release(vm_instance* vm) {
  while (vm->claims) {
    vm_piece* below = vm->claims->below;
    release_piece(vm, vm->claims);
    vm->claims = below;
  }
  release_piece(vm, vm->spare);
  vm->spare = NULL;
}

/* Goes on to a piece with room for so many bytes: the one that was left last, or a new one. */
static int grow(vm_instance* vm, size_t bytes) {
  const vm_allocator* allocator = vm->allocator;
  const size_t size = bytes > PIECE_SIZE ? bytes : PIECE_SIZE;
  vm_piece* piece = vm->spare;
  if (piece && piece->size < bytes) {
    release_piece(vm, piece);
    piece = NULL;
  }
  vm->spare = NULL;
  if (!piece) {
    piece = (vm_piece*)allocator->allocate(allocator->self, HEADER + size, ALIGNMENT);
    if (!piece) return 0;
    piece->size = size;
  }
  piece->used = 0;
  piece->below = vm->claims;
  vm->claims = piece;
  return 1;
}

vm_status vm_claim(vm_instance* vm, size_t bytes, void** result) {
  const size_t rounded = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  vm_piece* top = vm->claims;
  *result = NULL;
  if (bytes > VM_CLAIM_LIMIT || rounded > VM_CLAIM_LIMIT - vm->claimed) {
    return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "active calls need more than %u bytes for their values",
                    (unsigned)VM_CLAIM_LIMIT);
  }
  if ((!top || rounded > top->size - top->used) && !grow(vm, rounded)) {
    return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "no memory for the values of a call");
  }
  top = vm->claims;
  *result = data_of(top) + top->used;
  top->used += rounded;
  vm->claimed += (uint32_t)rounded;
  return VM_OK;
}

void vm_unclaim(vm_instance* vm, void* memory) {
  vm_piece* top = vm->claims;
  const size_t left = (size_t)((uint8_t*)memory - data_of(top));
  vm->claimed -= (uint32_t)(top->used - left);
  top->used = left;
  if (left || !top->below) return;
  vm->claims = top->below;
  release_piece(vm, vm->spare);
  vm->spare = top;
}

void vm_hold_buffer_span(vm_span* result, vm_ref buffer) { *result = vm_buffer_span(buffer); }
void vm_hold_rodata_span(vm_span* result, const uint8_t* data, uint64_t length) {
  *result = vm_rodata_span(data, length);
}
void vm_hold_new_span(vm_span* result, vm_ref buffer, int64_t length) {
  *result = vm_new_span(buffer, length);
}
void vm_hold_kernel_binding(vm_span* result, const vm_span* bindings, uint32_t index) {
  *result = vm_kernel_binding(bindings, index);
}
void vm_hold_kernel_constants(vm_span* result, const vm_span* constants) {
  *result = vm_kernel_constants(constants);
}
