/* SPDX-License-Identifier: Apache-2.0 */
#include "nest.h"

#if defined(_OPENMP)
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#define HAS_FORK 1
#else
#define HAS_FORK 0
#endif
#if VM_DISPATCH
#include <cpuid.h>
#endif

#define WORK_FOR_THREADS 2.0e5 /* turns; below, starting threads costs more than they save */

int vm_team_size(vm_instance* vm, int threads) {
#if HAS_FORK
  long process;
  if (threads <= 1) return threads;
  process = (long)getpid();
  while (vm->caller) vm = vm->caller;
  if (vm->process && vm->process != process) return 1;
  vm->process = process;
#else
  (void)vm;
#endif
  return threads;
}

int vm_nest_threads(vm_instance* vm, double work) {
#if defined(_OPENMP)
  if (work < WORK_FOR_THREADS || omp_in_parallel()) return 1;
  return vm_team_size(vm, vm->threads ? (int)vm->threads : omp_get_max_threads());
#else
  (void)vm, (void)work;
  return 1;
#endif
}

#if VM_DISPATCH
/* Which registers the system saves when it changes threads. */
static uint32_t saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/* By the processor itself: __builtin_cpu_supports is in a library that not every compiler has. */
static uint32_t cpu_features(void) {
  const uint32_t common = bit_OSXSAVE | bit_AVX | bit_FMA, ymm = 0x06, zmm = 0xE6;
  const uint32_t wide = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL;
  uint32_t a, b, c, d, saved;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & common) != common) return 0;
  saved = saved_registers();
  if ((saved & ymm) != ymm || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2)) return 0;
  if ((saved & zmm) != zmm || (b & wide) != wide) return VM_CPU_AVX2;
  return VM_CPU_AVX2 | VM_CPU_AVX512 | (c & bit_AVX512VNNI ? VM_CPU_AVX512_VNNI : 0);
}
#else
static uint32_t cpu_features(void) { return 0; }
#endif

uint32_t vm_cpu_features(uint32_t vector_bytes) {
  uint32_t found = cpu_features();
  if (vector_bytes && vector_bytes < 64) found &= ~(uint32_t)(VM_CPU_AVX512 | VM_CPU_AVX512_VNNI);
  if (vector_bytes && vector_bytes < 32) found &= ~(uint32_t)VM_CPU_AVX2;
  return found;
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

static int64_t distance(int64_t stride) { return stride < 0 ? -stride : stride; }

int vm_nest_once(uint32_t dims, const int64_t* strides, const int64_t* trips) {
  uint32_t order[VM_NEST_LOOPS];
  int64_t reach = 0;
  uint32_t i, at;
  for (i = 0; i < dims; ++i) {
    for (at = i; at > 0 && distance(strides[order[at - 1]]) > distance(strides[i]); --at)
      order[at] = order[at - 1];
    order[at] = i;
  }
  for (i = 0; i < dims; ++i) {
    const int64_t stride = distance(strides[order[i]]), count = trips[order[i]];
    if (count > 1 && stride <= reach) return 0;
    if (!add_product(&reach, stride, count - 1)) return 0;
  }
  return 1;
}

void* vm_nest_scratch(vm_instance* vm, uint64_t bytes) {
  if (bytes > (uint64_t)PTRDIFF_MAX) return NULL;
  if (bytes <= vm->scratch_bytes) return vm->scratch;
  vm_nest_scratch_release(vm);
  vm->scratch = vm->allocator->allocate(vm->allocator->self, (size_t)bytes, 64);
  if (vm->scratch) vm->scratch_bytes = bytes;
  return vm->scratch;
}

void vm_nest_scratch_release(vm_instance* vm) {
  if (vm->scratch) vm->allocator->release(vm->allocator->self, vm->scratch, (size_t)vm->scratch_bytes);
  vm->scratch = NULL;
  vm->scratch_bytes = 0;
}
