/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#if VM_SYSTEM_ALLOCATOR
/* calloc knows fresh pages are zero and C99 has no aligned allocation, so align by hand inside a larger block
 * and keep the block's address just before the result. */
static void* system_allocate(void* self, size_t size, size_t alignment) {
  size_t slack = alignment - 1 + sizeof(void*);
  uint8_t* block;
  uint8_t* memory;
  (void)self;
  if (size > SIZE_MAX - slack) return NULL;
  block = (uint8_t*)calloc(1, size + slack);
  if (!block) return NULL;
  memory = block + slack - (((uintptr_t)block + slack) & (alignment - 1));
  memcpy(memory - sizeof(void*), &block, sizeof(void*));
  return memory;
}

static void system_release(void* self, void* memory, size_t size) {
  void* block;
  (void)self;
  (void)size;
  memcpy(&block, (uint8_t*)memory - sizeof(void*), sizeof(void*));
  free(block);
}

const vm_allocator vm_system_allocator = {NULL, system_allocate, system_release};
#endif

static uint64_t at_least_one(uint64_t count) { return count ? count : 1; }

void* vm_allocate_array(const vm_allocator* allocator, uint64_t count, size_t size) {
  uint64_t elements = at_least_one(count);
  if (elements > (uint64_t)PTRDIFF_MAX / size) return NULL;
  return allocator->allocate(allocator->self, (size_t)elements * size, 16);
}

void vm_release_array(const vm_allocator* allocator, void* memory, uint64_t count, size_t size) {
  if (memory) allocator->release(allocator->self, memory, (size_t)at_least_one(count) * size);
}
