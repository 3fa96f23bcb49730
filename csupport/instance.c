/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "internal.h"
#include "nest.h"
#include "ops.h"

/* ---- calls from outside ---- */

enum { BEGINNING = 1024 }; /* bytes that vm_call_begin may be further down than what its caller calls next */

/* Whether an outer call of the instance runs further up on this stack, and not none or one of another thread. */
static int is_below(const vm_instance* vm, uintptr_t here) {
  const uintptr_t most = (uintptr_t)vm->stack_limit + BEGINNING;
  return vm->stack_end && here - (vm->stack_end - VM_STACK_RESERVE) <= most;
}

/* Starts with a clean error.  An outermost call says where its stack ends; what is called back from an import has to do
 * with what is left. */
vm_outer vm_call_begin(vm_instance* vm) {
  const uintptr_t here = vm_stack_here();
  vm_outer outer;
  outer.stack_end = vm->stack_end;
  outer.stack_used = vm->stack_used;
  vm_error_begin(&vm->error, VM_OK);
  if (!vm->stack_end) vm->interrupted = 0;
  if (!is_below(vm, here)) {
    vm->stack_end = vm->stack_limit < here ? here - vm->stack_limit + VM_STACK_RESERVE : 1;
  }
  return outer;
}

/* Ends with an error that says at least the code, whatever came back. */
vm_status vm_call_end(vm_instance* vm, vm_outer outer, vm_status status) {
  vm->stack_end = outer.stack_end;
  vm->stack_used = outer.stack_used;
  if (vm->error.status != status) vm_error_begin(&vm->error, status);
  return status;
}

static vm_status run_hook(vm_instance* vm, vm_status (*hook)(vm_instance* vm)) {
  vm_outer outer;
  if (!hook) return VM_OK;
  outer = vm_call_begin(vm);
  return vm_call_end(vm, outer, hook(vm));
}

vm_status vm_invoke(vm_instance* vm, const vm_export* function, const vm_value* arguments,
                    vm_value* results) {
  const vm_outer outer = vm_call_begin(vm);
  vm_status status = vm_room(vm, 0);
  if (status == VM_OK) status = function->invoke(vm, function, arguments, results);
  return vm_call_end(vm, outer, status);
}

#if defined(__GNUC__) || defined(__clang__)
void vm_interrupt(vm_instance* vm) { __atomic_store_n(&vm->interrupted, 1u, __ATOMIC_RELAXED); }
static int is_interrupted(const vm_instance* vm) {
  return __atomic_load_n(&vm->interrupted, __ATOMIC_RELAXED) != 0;
}
#else
void vm_interrupt(vm_instance* vm) { *(volatile uint32_t*)&vm->interrupted = 1; }
static int is_interrupted(const vm_instance* vm) { return *(const volatile uint32_t*)&vm->interrupted != 0; }
#endif

/* The embedder is asked on the thread that called: a kernel may run on another. */
vm_status vm_look(vm_instance* vm) {
  vm_instance* called = vm;
  vm_status status = VM_OK;
  while (called->caller) called = called->caller;
  if (is_interrupted(called)) {
    status = VM_CANCELLED;
  } else if (called->poll && is_below(called, vm_stack_here())) {
    status = called->poll(called, called->poll_self);
  }
  return status == VM_OK ? VM_OK : vm_raise(vm, status, "the call was interrupted");
}

const vm_export* vm_find_export(const vm_module* module, const char* name) {
  uint32_t i;
  for (i = 0; i < module->export_count; ++i) {
    if (!strcmp(module->exports[i].name, name)) return &module->exports[i];
  }
  return NULL;
}

const vm_error* vm_last_error(const vm_instance* vm) { return &vm->error; }

/* ---- life ---- */

static int allocate_state(vm_instance* vm) {
  const vm_module* module = vm->module;
  vm->globals = (uint8_t*)vm_allocate_array(vm->allocator, module->global_bytes, 1);
  vm->global_refs = (vm_ref*)vm_allocate_array(vm->allocator, module->global_ref_count, sizeof(vm_ref));
  vm->rodata = (vm_buffer*)vm_allocate_array(vm->allocator, module->rodata_count, sizeof(vm_buffer));
  vm->imports =
      (vm_import_binding*)vm_allocate_array(vm->allocator, module->import_count, sizeof(vm_import_binding));
  return vm->globals && vm->global_refs && vm->rodata && vm->imports;
}

static void release_state(vm_instance* vm) {
  const vm_allocator* allocator = vm->allocator;
  const vm_module* module = vm->module;
  uint32_t i;
  vm_nest_scratch_release(vm);
  vm_claims_release(vm);
  vm_release_array(allocator, vm->globals, module->global_bytes, 1);
  vm_release_array(allocator, vm->global_refs, module->global_ref_count, sizeof(vm_ref));
  for (i = 0; vm->rodata && i < module->rodata_count; ++i) {
    const vm_buffer* buffer = &vm->rodata[i];
    if (buffer->access & VM_ACCESS_PRIVATE) {
      allocator->release(allocator->self, buffer->data, (size_t)buffer->length);
    }
  }
  vm_release_array(allocator, vm->rodata, module->rodata_count, sizeof(vm_buffer));
  vm_release_array(allocator, vm->imports, module->import_count, sizeof(vm_import_binding));
  vm_release_array(allocator, vm, 1, sizeof *vm);
}

/* The bytes of a segment; NULL when the file of constants lacks them. */
static const uint8_t* find_rodata(const vm_instance* vm, const vm_rodata* segment, vm_constants constants) {
  if (segment->data) return segment->data;
  if (!segment->length) return (const uint8_t*)vm->rodata;
  if (segment->offset > constants.length || segment->length > constants.length - segment->offset) return NULL;
  return constants.data + segment->offset;
}

/* The address is the buffer's own from then on, so that the copy is released with it. */
static int own_rodata(vm_instance* vm, vm_buffer* buffer) {
  uint8_t* copy = (uint8_t*)vm->allocator->allocate(vm->allocator->self, (size_t)buffer->length, 64);
  if (!copy) return 0;
  memcpy(copy, buffer->data, (size_t)buffer->length);
  buffer->data = copy;
  buffer->access = VM_ACCESS_PRIVATE;
  return 1;
}

/* One object a segment for the instance's whole life: programs compare rodata references by identity.  The
 * data is constant; that the field is not says nothing, since these buffers lack VM_ACCESS_MUTABLE. */
static vm_status wrap_rodata(vm_instance* vm, vm_constants constants) {
  uint32_t i;
  for (i = 0; i < vm->module->rodata_count; ++i) {
    const vm_rodata* segment = &vm->module->rodata[i];
    const uint8_t* data = find_rodata(vm, segment, constants);
    if (!data) {
      return vm_raise(vm, VM_FAILED_PRECONDITION, "constants of module %s are not in the file of constants",
                      vm->module->name);
    }
    vm->rodata[i].object.type = &vm_type_buffer;
    vm->rodata[i].data = (uint8_t*)(uintptr_t)data;
    vm->rodata[i].length = segment->length;
    if (segment->is_written && segment->length && !own_rodata(vm, &vm->rodata[i])) {
      return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "no memory for a constant of %llu bytes",
                      (unsigned long long)segment->length);
    }
  }
  return VM_OK;
}

static vm_status check_devices(vm_instance* vm) {
  if (vm->devices <= HAL_DEVICE_LIMIT) return VM_OK;
  return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "%u devices, at most %d", (unsigned)vm->devices,
                  (int)HAL_DEVICE_LIMIT);
}

/* Required imports fail here, as in IREE, and optional ones only when they are called. */
static vm_status check_imports(vm_instance* vm) {
  uint32_t i;
  for (i = 0; i < vm->module->import_count; ++i) {
    const vm_import* import = &vm->module->imports[i];
    if (!import->native && !import->optional && !vm_is_bound(&vm->imports[i])) {
      return vm_raise(vm, VM_NOT_FOUND, "required import %s is not bound", import->name);
    }
  }
  return VM_OK;
}

vm_status vm_instance_create(const vm_module* module, const vm_options* options, vm_instance** result) {
  const vm_constants no_constants = {NULL, 0};
  vm_status status;
  const vm_allocator* allocator = options && options->allocator ? options->allocator : VM_DEFAULT_ALLOCATOR;
  vm_instance* vm;
  *result = NULL;
  if (!allocator) return VM_FAILED_PRECONDITION;
  vm = (vm_instance*)vm_allocate_array(allocator, 1, sizeof *vm);
  if (!vm) return VM_RESOURCE_EXHAUSTED;
  vm->module = module;
  vm->allocator = allocator;
  vm->user = options ? options->user : NULL;
  vm->threads = options ? options->threads : 0;
  vm->devices = options && options->devices ? options->devices : 1;
  vm->poll = options ? options->poll : NULL;
  vm->poll_self = options ? options->poll_self : NULL;
  vm->turns = VM_TURNS;
  vm->stack_limit = options && options->stack_limit ? options->stack_limit : VM_STACK_DEFAULT;
  if (vm->stack_limit < 2 * VM_STACK_RESERVE) vm->stack_limit = 2 * VM_STACK_RESERVE;
  vm->cpu = module->vector_bytes ? vm_cpu_features(options ? options->vector_bytes : 0) : 0;
  vm->parameters = options ? options->parameters : NULL;
  if (!allocate_state(vm)) {
    release_state(vm);
    return VM_RESOURCE_EXHAUSTED;
  }
  if (options && options->imports && module->import_count) {
    memcpy(vm->imports, options->imports, module->import_count * sizeof(vm_import_binding));
  }
  *result = vm;
  status = wrap_rodata(vm, options ? options->constants : no_constants);
  if (status == VM_OK) status = check_imports(vm);
  if (status == VM_OK) status = check_devices(vm);
  if (status != VM_OK) return status;
  return run_hook(vm, module->initialize);
}

/* The deinitialiser runs even after a failed initialiser, and its failure is ignored: both as in IREE. */
void vm_instance_destroy(vm_instance* vm) {
  uint32_t i;
  if (!vm) return;
  (void)run_hook(vm, vm->module->deinitialize);
  for (i = 0; i < vm->module->global_ref_count; ++i) vm_release(&vm->global_refs[i]);
  release_state(vm);
}
