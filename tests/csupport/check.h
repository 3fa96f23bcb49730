/* Checks that go on after a failure, and an allocator that counts, limits and fails on request. */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

static int check_failures;

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      ++check_failures;                                                         \
      fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
    }                                                                           \
  } while (0)

#define CHECK_INT(actual, expected)                                                                        \
  do {                                                                                                     \
    int64_t check_a = (int64_t)(actual), check_e = (int64_t)(expected);                                    \
    if (check_a != check_e) {                                                                              \
      ++check_failures;                                                                                    \
      fprintf(stderr, "%s:%d: %s is %" PRId64 ", not %" PRId64 "\n", __FILE__, __LINE__, #actual, check_a, \
              check_e);                                                                                    \
    }                                                                                                      \
  } while (0)

#define CHECK_TEXT(actual, expected)                                                             \
  do {                                                                                           \
    if (strcmp((actual), (expected))) {                                                          \
      ++check_failures;                                                                          \
      fprintf(stderr, "%s:%d: `%s`\n  is not `%s`\n", __FILE__, __LINE__, (actual), (expected)); \
    }                                                                                            \
  } while (0)

/* Messages with numbers exist at VM_DIAGNOSTICS 2 only. */
#if VM_DIAGNOSTICS == 2
#define CHECK_MESSAGE(vm, expected) CHECK_TEXT((vm)->error.message, expected)
#else
#define CHECK_MESSAGE(vm, expected) (void)(vm)
#endif

typedef struct counter {
  int64_t live_blocks, live_bytes;
  int64_t fail_at; /* index of the allocation that fails; -1: none */
  int64_t allocations;
} counter;

enum { COUNTER_LIMIT = 1 << 28 };

/* Kernels allocate on several threads. */
static int64_t count(int64_t* counted, int64_t change) {
  return __atomic_fetch_add(counted, change, __ATOMIC_RELAXED);
}

static void* counter_allocate(void* self, size_t size, size_t alignment) {
  counter* c = (counter*)self;
  void* memory;
  if (count(&c->allocations, 1) == c->fail_at || size > COUNTER_LIMIT || alignment > COUNTER_LIMIT) return NULL;
  memory = vm_system_allocator.allocate(NULL, size, alignment);
  if (!memory) return NULL;
  CHECK((uintptr_t)memory % alignment == 0);
  count(&c->live_blocks, 1);
  count(&c->live_bytes, (int64_t)size);
  return memory;
}

static void counter_release(void* self, void* memory, size_t size) {
  counter* c = (counter*)self;
  count(&c->live_blocks, -1);
  count(&c->live_bytes, -(int64_t)size); /* sizes given back must be those taken */
  vm_system_allocator.release(NULL, memory, size);
}

static counter the_counter = {0, 0, -1, 0};
static const vm_allocator counting = {&the_counter, counter_allocate, counter_release};

static void counter_reset(int64_t fail_at) {
  CHECK_INT(the_counter.live_blocks, 0);
  CHECK_INT(the_counter.live_bytes, 0);
  the_counter.allocations = 0;
  the_counter.fail_at = fail_at;
}

static vm_instance* new_instance(const vm_module* module) {
  vm_options options = {.allocator = &counting};
  vm_instance* vm = NULL;
  CHECK_INT(vm_instance_create(module, &options, &vm), VM_OK);
  return vm;
}

#endif
