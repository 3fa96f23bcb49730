/* SPDX-License-Identifier: Apache-2.0 */
/* Executables: instances of a program's nested modules. */
#include <string.h>

#include "hal_internal.h"
#include "hal_module.h"

static void executable_destroy(vm_object* object) {
  hal_executable* executable = (hal_executable*)object;
  const vm_allocator* allocator = object->allocator;
  uint32_t i;
  vm_instance_destroy(executable->instance);
  for (i = 0; i < executable->scratch_count; ++i) {
    const hal_scratch* kept = &executable->scratches[i];
    if (kept->memory) allocator->release(allocator->self, kept->memory, (size_t)kept->bytes);
  }
  vm_release_array(allocator, executable->scratches, executable->scratch_count, sizeof(hal_scratch));
  for (i = 0; i < executable->layout_count; ++i) vm_release(&executable->layouts[i]);
  vm_release_array(allocator, executable->layouts, executable->layout_count, sizeof(vm_ref));
  vm_release_array(allocator, executable, 1, sizeof *executable);
}

const vm_type hal_type_executable = {"!hal.executable", VM_TYPE_REF, executable_destroy};

/* A nested module is known by the constant that holds its bytecode: the object, for of the bytes nothing is left. */
static const hal_executable_code* find_code(const vm_instance* vm, vm_ref data) {
  uint32_t i;
  if (!vm->module->executables) return NULL;
  for (i = 0; i < vm->module->rodata_count; ++i) {
    if (data == &vm->rodata[i].object) return vm->module->executables[i];
  }
  return NULL;
}

/* A failure inside the nested module is the host's too. */
static vm_status take_error(vm_instance* vm, vm_instance* nested, vm_status status) {
  if (nested) vm->error = nested->error;
  return status;
}

static vm_status instantiate(vm_instance* vm, hal_executable* executable) {
  vm_options options;
  vm_status status;
  memset(&options, 0, sizeof options);
  options.allocator = vm->allocator;
  options.threads = vm->threads;
  status = vm_instance_create(executable->code->module, &options, &executable->instance);
  return status == VM_OK ? VM_OK : take_error(vm, executable->instance, status);
}

static vm_status set_constants(vm_instance* vm, hal_executable* executable, vm_ref constants) {
  const vm_export* setter = vm_find_export(executable->code->module, "__set_constants");
  uint64_t length = constants ? vm_buffer_span(constants).readable : 0;
  vm_value argument;
  if (length % 4) {
    return vm_raise(vm, VM_INVALID_ARGUMENT, "executable constants of %llu bytes are no 32-bit values",
                    (unsigned long long)length);
  }
  if (!setter) {
    if (!length) return VM_OK;
    return vm_raise(vm, VM_INVALID_ARGUMENT, "constants given to an executable that takes none");
  }
  if (strcmp(setter->convention, "0r_v")) {
    return vm_raise(vm, VM_INVALID_ARGUMENT, "__set_constants has convention %s", setter->convention);
  }
  argument.ref = constants;
  return take_error(vm, executable->instance, vm_invoke(executable->instance, setter, &argument, NULL));
}

static vm_status check_operands(vm_instance* vm, vm_ref format, vm_ref data, vm_ref constants) {
  vm_span text;
  vm_status status = hal_check_bytes(vm, format, &text);
  if (status != VM_OK) return status;
  if (!hal_text_equals(text, HAL_FORMAT_VMVX)) {
    return vm_raise(vm, VM_NOT_FOUND, "no loader for executables of format '%.*s'",
                    hal_label_of(format).length, hal_label_of(format).text);
  }
  status = hal_check_type(vm, data, &vm_type_buffer);
  if (status == VM_OK && constants) status = hal_check_type(vm, constants, &vm_type_buffer);
  return status;
}

vm_status hal_loader_executable_load(vm_instance* vm, vm_ref format, vm_ref data, vm_ref constants,
                                     vm_ref* result) {
  const hal_executable_code* code;
  vm_object* executable;
  vm_status status = check_operands(vm, format, data, constants);
  if (status != VM_OK) return status;
  code = find_code(vm, data);
  if (!code)
    return vm_raise(vm, VM_UNIMPLEMENTED, "executables can only be made from the module's own constants");
  executable = hal_new_object(vm, &hal_type_executable, sizeof(hal_executable));
  if (!executable) return hal_no_memory(vm, sizeof(hal_executable));
  ((hal_executable*)executable)->code = code;
  status = instantiate(vm, (hal_executable*)executable);
  if (status == VM_OK) status = set_constants(vm, (hal_executable*)executable, constants);
  if (status == VM_OK) {
    *result = executable;
  } else {
    vm_release(&executable);
  }
  return status;
}

vm_status hal_executable_create(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref format, vm_ref data,
                                vm_ref constants, vm_ref* result) {
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  (void)affinity;
  return status == VM_OK ? hal_loader_executable_load(vm, format, data, constants, result) : status;
}

static int is_named(const vm_export* export, vm_span name) { return hal_text_equals(name, export->name); }

/* A function's id is its number among the exports. */
vm_status hal_executable_lookup_function(vm_instance* vm, vm_ref executable, vm_ref name, int64_t* result) {
  const vm_module* module;
  vm_span text;
  uint32_t i;
  vm_status status = hal_check_type(vm, executable, &hal_type_executable);
  if (status == VM_OK) status = hal_check_bytes(vm, name, &text);
  if (status != VM_OK) return status;
  module = ((hal_executable*)executable)->code->module;
  for (i = 0; i < module->export_count; ++i) {
    if (is_named(&module->exports[i], text)) {
      *result = i;
      return VM_OK;
    }
  }
  return vm_raise(vm, VM_NOT_FOUND, "executable has no function '%.*s'", hal_label_of(name).length,
                  hal_label_of(name).text);
}

/* ---- dispatches ---- */

static VM_COLD vm_status wrong_count(vm_instance* vm, const char* what, int32_t expected, uint32_t actual) {
  (void)what, (void)expected, (void)actual;
  return vm_raise(vm, VM_INVALID_ARGUMENT, "dispatch passes %u %s to a function that takes %d",
                  (unsigned)actual, what, (int)expected);
}

vm_status hal_dispatch_check_function(vm_instance* vm, const hal_dispatch* dispatch) {
  uint32_t count = dispatch->executable->code->kernel_count;
  if (dispatch->function < count) return VM_OK;
  return vm_raise(vm, VM_OUT_OF_RANGE, "executable has %u functions, none with number %u", (unsigned)count,
                  (unsigned)dispatch->function);
}

vm_status hal_dispatch_check(vm_instance* vm, const hal_dispatch* dispatch) {
  const hal_kernel* kernel;
  vm_status status = hal_dispatch_check_function(vm, dispatch);
  if (status != VM_OK) return status;
  kernel = &dispatch->executable->code->kernels[dispatch->function];
  if (kernel->constant_count >= 0 && dispatch->constant_count != (uint32_t)kernel->constant_count) {
    return wrong_count(vm, "constants", kernel->constant_count, dispatch->constant_count);
  }
  if (kernel->binding_count >= 0 && dispatch->binding_count != (uint32_t)kernel->binding_count) {
    return wrong_count(vm, "bindings", kernel->binding_count, dispatch->binding_count);
  }
  return VM_OK;
}
