/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatches: all workgroups of a kernel, over threads where there are any.
 *
 * Workgroups may run in any order (their writes are disjoint by the compiler's contract), so the results are
 * the same for any number of threads.  So is a failure: it is that of the lowest workgroup that fails.
 */
#include <string.h>

#include "hal_internal.h"
#include "nest.h"

#if HAL_THREADS
#include <omp.h>
#endif

/* ---- denormals: IREE's drivers flush them in dispatches, on whatever thread these run ---- */

#if defined(__GNUC__) || defined(__clang__)
#define KNOWN_COMPILER 1 /* others run plain C, and flush nothing */
#else
#define KNOWN_COMPILER 0
#endif

#if HAL_FLUSH_DENORMALS && KNOWN_COMPILER && (defined(__x86_64__) || defined(__SSE2__))
#include <xmmintrin.h>
typedef unsigned int float_mode;
static float_mode float_mode_get(void) { return _mm_getcsr(); }
static void float_mode_set(float_mode mode) { _mm_setcsr(mode); }
enum { FLUSH_BITS = 0x8040 }; /* results and operands */
#elif HAL_FLUSH_DENORMALS && KNOWN_COMPILER && defined(__aarch64__)
typedef uint64_t float_mode;
static float_mode float_mode_get(void) {
  float_mode mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
}
static void float_mode_set(float_mode mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
enum { FLUSH_BITS = 0x1080000 };
#else
typedef unsigned int float_mode;
static float_mode float_mode_get(void) { return 0; }
static void float_mode_set(float_mode mode) { (void)mode; }
enum { FLUSH_BITS = 0 };
#endif

/* ---- workers ---- */

static const hal_kernel* kernel_of(const hal_dispatch* dispatch) {
  return &dispatch->executable->code->kernels[dispatch->function];
}

/* Room for the scratch memory of so many workers; those for whom there is none give theirs back. */
static void reserve_scratches(hal_executable* executable, uint32_t workers) {
  const vm_allocator* allocator = executable->instance->allocator;
  const uint32_t count = executable->scratch_count;
  hal_scratch* grown;
  if (workers <= count) return;
  grown = (hal_scratch*)vm_allocate_array(allocator, workers, sizeof *grown);
  if (!grown) return;
  if (count) memcpy(grown, executable->scratches, count * sizeof *grown);
  vm_release_array(allocator, executable->scratches, count, sizeof *grown);
  executable->scratches = grown;
  executable->scratch_count = workers;
}

static void swap_scratch(hal_worker* worker, const hal_dispatch* dispatch, uint32_t number) {
  const hal_scratch own = {worker->vm.scratch, worker->vm.scratch_bytes};
  hal_scratch* kept;
  if (number >= dispatch->executable->scratch_count) return;
  kept = &dispatch->executable->scratches[number];
  worker->vm.scratch = kept->memory;
  worker->vm.scratch_bytes = kept->bytes;
  *kept = own;
}

/* What the caller's call has left of the stack is the worker's, and on another thread that thread's own. */
static void begin_call(vm_instance* vm, vm_instance* caller) {
  vm->caller = caller;
  vm->threads = caller->threads;
  vm->turns = VM_TURNS;
  vm->stack_end = caller->stack_end;
  vm->stack_limit = caller->stack_limit;
  (void)vm_call_begin(vm);
}

static vm_status worker_begin(hal_worker* worker, vm_instance* caller, const hal_dispatch* dispatch,
                              uint32_t number) {
  worker->vm = *dispatch->executable->instance;
  begin_call(&worker->vm, caller);
  worker->vm.scratch = NULL;
  worker->vm.scratch_bytes = 0;
  worker->vm.claims = worker->vm.spare = NULL;
  worker->vm.claimed = 0;
  swap_scratch(worker, dispatch, number);
  memset(worker->owned, 0, sizeof worker->owned);
  return kernel_of(dispatch)->run ? VM_OK : hal_generic_begin(worker, dispatch);
}

static void worker_end(hal_worker* worker, const hal_dispatch* dispatch, uint32_t number) {
  swap_scratch(worker, dispatch, number);
  vm_nest_scratch_release(&worker->vm);
  vm_claims_release(&worker->vm);
  hal_generic_end(worker);
}

static vm_status run_workgroup(hal_worker* worker, const hal_dispatch* dispatch, const vm_span* constants,
                               int64_t index) {
  const hal_kernel* kernel = kernel_of(dispatch);
  int64_t x = dispatch->groups[0], y = dispatch->groups[1];
  int32_t count[3] = {(int32_t)dispatch->groups[0], (int32_t)dispatch->groups[1],
                      (int32_t)dispatch->groups[2]};
  int32_t id[3];
  id[0] = (int32_t)(index % x);
  id[1] = (int32_t)(index / x % y);
  id[2] = (int32_t)(index / x / y);
  if (!kernel->run) {
    return hal_generic_run(worker, &worker->vm.module->exports[dispatch->function], id, count);
  }
  return kernel->run(&worker->vm, dispatch->bindings, constants, id[0], id[1], id[2], count[0], count[1],
                     count[2]);
}

/* Between workgroups a dispatch can be interrupted. */
static vm_status run_next(hal_worker* worker, const hal_dispatch* dispatch, const vm_span* constants,
                          int64_t index) {
  vm_status status = vm_look(&worker->vm);
  return status == VM_OK ? run_workgroup(worker, dispatch, constants, index) : status;
}

/* ---- the workgroups of a dispatch ---- */

/* What failed first in the order of workgroups; `index` is their number while nothing has. */
typedef struct outcome {
  vm_status status;
  int64_t index;
  vm_error error;
} outcome;

static void note_failure(outcome* result, int64_t index, vm_status status, const vm_error* error) {
  if (index >= result->index) return;
#if HAL_THREADS
#pragma omp atomic write
#endif
  result->index = index;
  result->status = status;
  result->error = *error;
}

static void run_serial(vm_instance* vm, const hal_dispatch* dispatch, const vm_span* constants,
                       outcome* result) {
  hal_worker worker;
  int64_t i;
  float_mode mode = float_mode_get();
  vm_status status;
  reserve_scratches(dispatch->executable, 1);
  status = worker_begin(&worker, vm, dispatch, 0);
  if (status != VM_OK) note_failure(result, 0, status, &worker.vm.error);
  if (dispatch->flush_denormals) float_mode_set(mode | FLUSH_BITS);
  for (i = 0; i < result->index; ++i) {
    status = run_next(&worker, dispatch, constants, i);
    if (status != VM_OK) note_failure(result, i, status, &worker.vm.error);
  }
  float_mode_set(mode);
  worker_end(&worker, dispatch, 0);
}

#if HAL_THREADS

int hal_thread_count(const vm_instance* vm) { return vm->threads ? (int)vm->threads : omp_get_max_threads(); }

static int64_t failed_at(const outcome* result) {
  int64_t index;
#pragma omp atomic read
  index = result->index;
  return index;
}

static void run_threads(vm_instance* vm, const hal_dispatch* dispatch, const vm_span* constants,
                        outcome* result, int threads) {
  int64_t total = result->index;
  reserve_scratches(dispatch->executable, (uint32_t)threads);
#pragma omp parallel num_threads(threads)
  {
    hal_worker worker;
    int64_t i;
    float_mode mode = float_mode_get();
    const uint32_t number = (uint32_t)omp_get_thread_num();
    vm_status begun = worker_begin(&worker, vm, dispatch, number);
    if (dispatch->flush_denormals) float_mode_set(mode | FLUSH_BITS);
#pragma omp for schedule(dynamic, 1)
    for (i = 0; i < total; ++i) {
      vm_status status;
      if (i >= failed_at(result)) continue;
      status = begun == VM_OK ? run_next(&worker, dispatch, constants, i) : begun;
      if (status != VM_OK) {
#pragma omp critical(hal_note_failure)
        note_failure(result, i, status, &worker.vm.error);
      }
    }
    float_mode_set(mode);
    worker_end(&worker, dispatch, number);
  }
}

/* Workgroups must not meet where they share what only one thread may change: the module's state, or counts of
 * references that are plain numbers. */
static int threads_for(vm_instance* vm, const hal_dispatch* dispatch, int64_t total) {
  const vm_module* module = dispatch->executable->code->module;
  int threads = hal_thread_count(vm);
  if (module->global_bytes || module->global_ref_count) return 1;
  if (!VM_ATOMIC_REFS && !kernel_of(dispatch)->run) return 1;
  return vm_team_size(vm, total < threads ? (int)total : threads);
}

static void run_all(vm_instance* vm, const hal_dispatch* dispatch, const vm_span* constants,
                    outcome* result) {
  int threads = threads_for(vm, dispatch, result->index);
  if (threads > 1) {
    run_threads(vm, dispatch, constants, result, threads);
  } else {
    run_serial(vm, dispatch, constants, result);
  }
}

#else

int hal_thread_count(const vm_instance* vm) {
  (void)vm;
  return 1;
}

static void run_all(vm_instance* vm, const hal_dispatch* dispatch, const vm_span* constants,
                    outcome* result) {
  run_serial(vm, dispatch, constants, result);
}

#endif

/* -1 when there are more than can be counted. */
static int64_t workgroups(const hal_dispatch* dispatch) {
  uint64_t plane = (uint64_t)dispatch->groups[0] * dispatch->groups[1];
  if (!plane || !dispatch->groups[2]) return 0;
  return plane > (uint64_t)INT64_MAX / dispatch->groups[2] ? -1 : (int64_t)(plane * dispatch->groups[2]);
}

/* What the kernel's list.get.ref would say; nothing has happened before it. */
static VM_COLD vm_status missing_binding(vm_instance* vm, const hal_dispatch* dispatch,
                                         const hal_binding_get* get) {
  vm_instance kernel = *dispatch->executable->instance;
  vm_status status;
  vm_error_begin(&kernel.error, VM_OK);
  status = vm_raise(&kernel, VM_OUT_OF_RANGE, "index %u out of bounds (%u)", (unsigned)get->index,
                    (unsigned)dispatch->binding_count);
  status = vm_unwind(&kernel, status, kernel_of(dispatch)->function, get->offset);
  vm->error = kernel.error;
  return status;
}

vm_status hal_dispatch_run(vm_instance* vm, hal_dispatch* dispatch) {
  vm_span constants = {(uint8_t*)(uintptr_t)dispatch->constants, (uint64_t)dispatch->constant_count * 4, 0,
                       VM_OUT_OF_RANGE, VM_PERMISSION_DENIED};
  outcome result;
  uint32_t i;
  result.status = vm_room(vm, 0);
  if (result.status != VM_OK) return result.status;
  result.index = workgroups(dispatch);
  if (result.index < 0) return vm_raise(vm, VM_OUT_OF_RANGE, "workgroup count out of range");
  if (!result.index) return VM_OK;
  if (kernel_of(dispatch)->constant_count > 0 &&
      dispatch->constant_count < (uint32_t)kernel_of(dispatch)->constant_count) {
    /* the loads of kernels rely on them; IREE's loader lets the first load fail */
    return vm_raise(vm, VM_OUT_OF_RANGE, "dispatch passes %u constants to a function that reads %d",
                    (unsigned)dispatch->constant_count, (int)kernel_of(dispatch)->constant_count);
  }
  for (i = 0; i < kernel_of(dispatch)->get_count; ++i) {
    const hal_binding_get* get = &kernel_of(dispatch)->gets[i];
    if (get->index >= dispatch->binding_count) return missing_binding(vm, dispatch, get);
  }
  run_all(vm, dispatch, &constants, &result);
  if (result.status != VM_OK) vm->error = result.error;
  return result.status;
}
