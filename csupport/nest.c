#include "nest.h"

#if defined(_OPENMP)
#include <omp.h>
#endif

#define WORK_FOR_THREADS 2.0e5 /* turns; below, starting threads costs more than they save */

int vm_nest_threads(const vm_instance* vm, double work) {
#if defined(_OPENMP)
  if (work < WORK_FOR_THREADS || omp_in_parallel()) return 1;
  return vm->threads ? (int)vm->threads : omp_get_max_threads();
#else
  (void)vm, (void)work;
  return 1;
#endif
}

/* a + b * c in exact arithmetic; 0 when that is no 64-bit number. */
static int add_product(int64_t* sum, int64_t factor, int64_t count) {
#if defined(__GNUC__) || defined(__clang__)
  int64_t product;
  return !__builtin_mul_overflow(factor, count, &product) && !__builtin_add_overflow(*sum, product, sum);
#else
  const int64_t limit = INT64_C(1) << 31;
  if (factor <= -limit || factor >= limit || count < 0 || count >= limit) return 0;
  if (*sum < -(INT64_C(1) << 62) || *sum > INT64_C(1) << 62) return 0;
  *sum += factor * count;
  return 1;
#endif
}

int vm_nest_bounds(const uint8_t* data, uint64_t length, uint32_t size, int64_t base, uint32_t dims,
                   const int64_t* strides, const int64_t* trips, vm_extent* extent) {
  int64_t least = base;
  int64_t most = base;
  uint32_t i;
  for (i = 0; i < dims; ++i) {
    if (!add_product(strides[i] < 0 ? &least : &most, strides[i], trips[i] - 1)) return 0;
  }
  if (least < 0 || (uint64_t)most >= length / size) return 0;
  extent->begin = (uintptr_t)data + (uintptr_t)least * size;
  extent->end = (uintptr_t)data + ((uintptr_t)most + 1) * size;
  return 1;
}

void* vm_nest_scratch(vm_instance* vm, uint64_t bytes) {
  if (bytes > (uint64_t)PTRDIFF_MAX) return NULL;
  return vm->allocator->allocate(vm->allocator->self, (size_t)bytes, 64);
}

void vm_nest_scratch_release(vm_instance* vm, void* memory, uint64_t bytes) {
  if (memory) vm->allocator->release(vm->allocator->self, memory, (size_t)bytes);
}
