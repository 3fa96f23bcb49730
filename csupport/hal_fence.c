/* SPDX-License-Identifier: Apache-2.0 */
/* Fences.  Work is done when it is queued, so a fence is a status: pending, reached or failed. */
#include "hal_internal.h"
#include "hal_module.h"

enum { PENDING = -1 };

typedef struct hal_fence {
  vm_object object;
  vm_status status;
} hal_fence;

static void fence_destroy(vm_object* object) {
  vm_release_array(object->allocator, object, 1, sizeof(hal_fence));
}

const vm_type hal_type_fence = {"!hal.fence", VM_TYPE_REF, fence_destroy};

/* Null stands for a fence that has been reached. */
static vm_status check_fence(vm_instance* vm, vm_ref ref) {
  return ref ? hal_check_type(vm, ref, &hal_type_fence) : VM_OK;
}

static vm_status status_of(vm_ref fence) { return fence ? ((hal_fence*)fence)->status : VM_OK; }

/* The first outcome stays. */
static void settle(vm_ref fence, vm_status status) {
  if (fence && ((hal_fence*)fence)->status == PENDING) ((hal_fence*)fence)->status = status;
}

static VM_COLD vm_status never_reached(vm_instance* vm) {
  return vm_raise(vm, VM_FAILED_PRECONDITION, "waiting for a fence that has not been signalled");
}

static VM_COLD vm_status fence_failed(vm_instance* vm, vm_status status) {
  /* What the failing operation said is still there when it was the last to fail. */
  return vm->error.status == status ? status : vm_raise(vm, status, "fence failed");
}

/* ---- queues ---- */

static vm_status reached(vm_instance* vm, vm_ref fence) {
  vm_status status = status_of(fence);
  if (status == PENDING) return never_reached(vm);
  return status == VM_OK ? VM_OK : fence_failed(vm, status);
}

vm_status hal_queue_begin(vm_instance* vm, vm_ref device, vm_ref wait, vm_ref signal) {
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  if (status == VM_OK) status = check_fence(vm, wait);
  if (status == VM_OK) status = check_fence(vm, signal);
  if (status != VM_OK) return status;
  status = reached(vm, wait);
  return status == VM_OK ? VM_OK : hal_queue_end(signal, status);
}

vm_status hal_queue_end(vm_ref signal, vm_status status) {
  settle(signal, status);
  return status;
}

/* ---- imports ---- */

vm_status hal_fence_create(vm_instance* vm, vm_ref device, int64_t flags, vm_ref* result) {
  vm_object* fence;
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  (void)flags;
  if (status != VM_OK) return status;
  fence = hal_new_object(vm, &hal_type_fence, sizeof(hal_fence));
  if (!fence) return hal_no_memory(vm, sizeof(hal_fence));
  ((hal_fence*)fence)->status = PENDING;
  *result = fence;
  return VM_OK;
}

/* A fence that stands for all: one that is still pending, else one that failed, else null. */
vm_status hal_fence_join(vm_instance* vm, int64_t flags, uint32_t count, const vm_ref* fences,
                         vm_ref* result) {
  vm_ref chosen = NULL;
  uint32_t i;
  (void)flags;
  for (i = 0; i < count; ++i) {
    vm_status status = check_fence(vm, fences[i]);
    if (status != VM_OK) return status;
    if (status_of(fences[i]) == PENDING || (status_of(fences[i]) != VM_OK && !chosen)) chosen = fences[i];
  }
  *result = vm_retain(chosen);
  return VM_OK;
}

vm_status hal_fence_query(vm_instance* vm, vm_ref fence, int32_t* result) {
  vm_status status = hal_check_type(vm, fence, &hal_type_fence);
  if (status == VM_OK) *result = status_of(fence) == PENDING ? VM_DEFERRED : status_of(fence);
  return status;
}

vm_status hal_fence_signal(vm_instance* vm, vm_ref fence) {
  vm_status status = hal_check_type(vm, fence, &hal_type_fence);
  if (status == VM_OK) settle(fence, VM_OK);
  return status;
}

vm_status hal_fence_fail(vm_instance* vm, vm_ref fence, int32_t code) {
  vm_status status = hal_check_type(vm, fence, &hal_type_fence);
  if (status == VM_OK) settle(fence, code & 0x1F ? code & 0x1F : VM_UNKNOWN);
  return status;
}

/* A deadline that has passed is an answer; any other failure ends the call. */
vm_status hal_fence_await(vm_instance* vm, int32_t timeout, int64_t flags, uint32_t count,
                          const vm_ref* fences, int32_t* result) {
  uint32_t i;
  (void)flags;
  *result = VM_OK;
  for (i = 0; i < count; ++i) {
    vm_status status = check_fence(vm, fences[i]);
    if (status != VM_OK) return status;
    if (status_of(fences[i]) == PENDING && timeout >= 0) {
      *result = VM_DEADLINE_EXCEEDED;
      continue;
    }
    status = reached(vm, fences[i]);
    if (status != VM_OK) return status;
  }
  return VM_OK;
}
