/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* pthread_getattr_np */
#include "binding.h"

#include <string.h>
#include <time.h>
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

#include "hal.h"
#include "ops.h"

void binding_retain(vm_ref ref) { (void)vm_retain(ref); }

void binding_release(vm_ref ref) { vm_release(&ref); }

uint32_t binding_references(vm_ref ref) {
#if VM_ATOMIC_REFS
  return __atomic_load_n(&ref->references, __ATOMIC_ACQUIRE);
#else
  return ref->references;
#endif
}

static vm_status wrap_buffer(const binding_view* view, vm_ref owner, hal_buffer** result) {
  vm_buffer* storage;
  vm_ref unused;
  vm_status status =
      vm_buffer_wrap(&vm_system_allocator, view->data, view->length, view->access, owner, &storage);
  if (status) return status;
  status = hal_buffer_wrap(&vm_system_allocator, storage, 0, view->length, result);
  unused = &storage->object;
  vm_release(&unused);
  return status;
}

vm_status binding_wrap(const binding_view* view, vm_ref owner, vm_ref* result) {
  hal_buffer* buffer = NULL;
  hal_buffer_view* tensor = NULL;
  vm_ref unused;
  vm_status status = wrap_buffer(view, owner, &buffer);
  if (status) return status;
  *result = &buffer->object;
  if (!view->element_type) return VM_OK;
  status = hal_buffer_view_create(&vm_system_allocator, buffer, (int32_t)view->element_type, HAL_ENCODING_DENSE,
                                  view->rank, view->dims, &tensor);
  unused = &buffer->object;
  vm_release(&unused);
  *result = status ? NULL : &tensor->object;
  return status;
}

vm_status binding_read(vm_ref ref, binding_view* result) {
  const hal_buffer_view* view = hal_cast_view(ref);
  const hal_buffer* buffer = view ? view->buffer : hal_cast_buffer(ref);
  if (!buffer) return VM_INVALID_ARGUMENT;
  result->data = hal_buffer_data(buffer);
  result->length = hal_buffer_length(buffer);
  result->access = buffer->storage->access;
  result->element_type = view ? (uint32_t)view->element_type : 0;
  result->rank = view ? view->rank : 0;
  result->dims = view ? view->dims : NULL;
  return VM_OK;
}

vm_status binding_append(vm_list* list, const vm_variant* value) { return vm_list_append(list, *value); }

/* ---- calls ---- */

enum { STACK_MOST = 64 << 20, STACK_MARGIN = 256 << 10 };

uintptr_t binding_stack(void) {
#if defined(__linux__)
  pthread_attr_t attributes;
  void* lowest = NULL;
  size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes)) return 0;
  if (pthread_attr_getstack(&attributes, &lowest, &size)) lowest = NULL;
  pthread_attr_destroy(&attributes);
  return (uintptr_t)lowest;
#elif defined(__APPLE__)
  return (uintptr_t)pthread_get_stackaddr_np(pthread_self()) - pthread_get_stacksize_np(pthread_self());
#else
  return 0;
#endif
}

/* What is left, without a margin for Python functions that are called back and for guard pages. */
uint32_t binding_stack_limit(uintptr_t lowest) {
  const uintptr_t here = vm_stack_here();
  uintptr_t left = here - lowest;
  if (!lowest || here < lowest) return 0;
  left -= left / 4 < STACK_MARGIN ? left / 4 : STACK_MARGIN;
  return left < STACK_MOST ? (uint32_t)left : STACK_MOST;
}

static double now(void) {
#if defined(_WIN32)
  return (double)clock() / CLOCKS_PER_SEC; /* there it is not the processor's time */
#else
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
#endif
}

vm_status binding_poll(vm_instance* vm, void* self) {
  binding_watch* watch = (binding_watch*)self;
  const double time = now();
  vm_status status;
  if (time < watch->next) return VM_OK;
  status = watch->ask(vm);
  watch->next = now() + watch->period;
  return status;
}

/* 0 where threads cannot be told apart. */
static uintptr_t this_thread(void) {
#if defined(__unix__) || defined(__APPLE__)
  return (uintptr_t)pthread_self();
#else
  return 0;
#endif
}

vm_status binding_invoke(vm_instance* vm, const vm_export* function, const vm_value* arguments, vm_value* results,
                         binding_watch* watch) {
  if (!vm->stack_end) {
    const uintptr_t thread = this_thread();
    uint32_t limit;
    if (!thread || watch->thread != thread) {
      watch->look(watch);
      watch->thread = thread;
    }
    limit = binding_stack_limit(watch->stack);
    vm->stack_limit = limit ? limit : VM_STACK_DEFAULT;
    vm->poll = watch->gets_signals ? binding_poll : NULL;
    vm->poll_self = watch;
    if (watch->threads) vm->threads = watch->threads;
  }
  return vm_invoke(vm, function, arguments, results);
}

/* ---- calls with one crossing ---- */

static int is_aligned(const binding_tensor* tensor, const void* data) {
  return ((uintptr_t)data & (tensor->alignment - 1)) == 0;
}

static int are_aligned(const binding_plan* plan) {
  uint32_t i;
  for (i = 0; i < plan->argument_count; ++i) {
    if (!is_aligned(&plan->arguments[i], plan->data[i])) return 0;
  }
  return 1;
}

/* A buffer's address changes only here, between two calls, when nobody else refers to it. */
static void show(const binding_tensor* tensor, void* data) {
  hal_buffer* buffer = ((hal_buffer_view*)tensor->view)->buffer;
  (void)hal_dense_length((int32_t)tensor->element_type, tensor->rank, tensor->dims, &buffer->length);
  buffer->storage->data = data ? (uint8_t*)data : (uint8_t*)buffer->storage;
  buffer->storage->length = buffer->length;
  buffer->preserve_count = 1;
}

/* Whether there are more references to a view and what is behind it than the plan's own. */
static int is_kept(const binding_tensor* tensor) {
  const hal_buffer* buffer = ((hal_buffer_view*)tensor->view)->buffer;
  return binding_references(tensor->view) > 1 || binding_references((vm_ref)buffer) > 1 ||
         binding_references(&buffer->storage->object) > 1 || binding_references(tensor->owner) > 2;
}

static const hal_buffer_view* result_of(const binding_plan* plan, const binding_tensor* tensor) {
  return hal_cast_view(plan->returned[tensor->place].ref);
}

/* Whether a result is a tensor of this type and rank, and all its bytes are there. */
static int is_alike(const binding_plan* plan, const binding_tensor* tensor, uint64_t* length) {
  const hal_buffer_view* view = result_of(plan, tensor);
  return view && view->element_type == (int32_t)tensor->element_type && view->rank == tensor->rank &&
         hal_dense_length(view->element_type, view->rank, view->dims, length) == VM_OK &&
         *length <= view->buffer->length;
}

/* Whether it is just as large as the place that it goes to. */
static int is_expected(const binding_plan* plan, const binding_tensor* tensor, uint64_t* length) {
  return is_alike(plan, tensor, length) &&
         !memcmp(result_of(plan, tensor)->dims, tensor->dims, tensor->rank * sizeof(int64_t));
}

static int is_declared(const binding_tensor* tensor, const int64_t* dims) {
  uint32_t i;
  for (i = 0; i < tensor->rank; ++i) {
    if (tensor->declared[i] >= 0 && tensor->declared[i] != dims[i]) return 0;
  }
  return 1;
}

/* Writes down how large the places must be for results that have none; whether they are as declared, and small. */
static int measure(const binding_plan* plan) {
  uint64_t left = plan->most, length;
  uint32_t i;
  for (i = 0; i < plan->result_count; ++i) {
    const binding_tensor* tensor = &plan->results[i];
    if (plan->data[plan->argument_count + i] || !is_alike(plan, tensor, &length) || length > left) return 0;
    if (!is_declared(tensor, result_of(plan, tensor)->dims)) return 0;
    memcpy(tensor->dims, result_of(plan, tensor)->dims, tensor->rank * sizeof(int64_t));
    left -= length;
  }
  return 1;
}

int32_t binding_take(const binding_plan* plan) {
  void* const* data = plan->data + plan->argument_count;
  uint64_t length;
  uint32_t i;
  for (i = 0; i < plan->result_count; ++i) {
    if (!data[i] || !is_expected(plan, &plan->results[i], &length)) return 0;
  }
  for (i = 0; i < plan->result_count; ++i) {
    const binding_tensor* tensor = &plan->results[i];
    (void)is_expected(plan, tensor, &length);
    memcpy(data[i], hal_buffer_data(result_of(plan, tensor)->buffer), (size_t)length);
    vm_release(&plan->returned[tensor->place].ref);
  }
  return 1;
}

int32_t binding_call(binding_plan* plan) {
  uint32_t i;
  plan->is_left = plan->is_sized = plan->is_kept = 0;
  plan->is_refused = !are_aligned(plan);
  if (plan->is_refused) return 0;
  for (i = 0; i < plan->argument_count; ++i) show(&plan->arguments[i], plan->data[i]);
  plan->status = binding_invoke(plan->vm, plan->function, plan->values, plan->returned, plan->watch);
  for (i = 0; i < plan->argument_count; ++i) plan->is_kept |= is_kept(&plan->arguments[i]);
  if (plan->status != VM_OK) return 0;
  plan->is_left = !binding_take(plan);
  plan->is_sized = plan->is_left && !plan->is_kept && measure(plan);
  return !plan->is_left && !plan->is_kept;
}

uint64_t binding_call_each(binding_plan* plan, uint64_t count, const uint64_t* steps, const int32_t* stop) {
  const uint32_t tensors = plan->argument_count + plan->result_count;
  uint64_t done;
  uint32_t i;
  for (done = 0; done < count && !*(const volatile int32_t*)stop; ++done) {
    if (!binding_call(plan)) break;
    for (i = 0; i < tensors; ++i) plan->data[i] = (uint8_t*)plan->data[i] + steps[i];
  }
  return done;
}

void binding_destroy(vm_instance* vm) {
  vm->poll = NULL; /* what a deinitialiser raises has nowhere to go */
  vm->stack_limit = VM_STACK_DEFAULT;
  vm_instance_destroy(vm);
}
