/* All memory of an instance in one array; nothing of it comes back. */
#include "vm.h"

static char arena[1 << 18];
static size_t arena_used;

static void* arena_allocate(void* self, size_t size, size_t alignment) {
  const size_t at = (size_t)(-(uintptr_t)(arena + arena_used) & (alignment - 1)) + arena_used;
  (void)self;
  if (at > sizeof arena || size > sizeof arena - at) return NULL;
  arena_used = at + size;
  return arena + at;
}

static void arena_release(void* self, void* memory, size_t size) { (void)self, (void)memory, (void)size; }

static const vm_allocator arena_allocator = {NULL, arena_allocate, arena_release};
