/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions on references that check a type. */
#include "ops.h"

/* Null is of every type.  No object is of an element type or opaque, so those match null only. */
static int is_of(vm_ref ref, const vm_type* type) { return !ref || ref->type == type; }

static VM_COLD vm_status type_mismatch(vm_instance* vm, vm_ref ref, const vm_type* type) {
  return vm_raise(vm, VM_INVALID_ARGUMENT, "ref type mismatch; expected %s but have %s", type->name,
                  ref->type->name);
}

static VM_COLD vm_status no_such_global(vm_instance* vm, int32_t global) {
  return vm_raise(vm, VM_OUT_OF_RANGE, "global ref ordinal out of range: %u (table=%u)", (unsigned)global,
                  (unsigned)vm->module->global_ref_count);
}

static vm_status retain_checked(vm_instance* vm, vm_ref ref, const vm_type* type, vm_ref* result) {
  if (!is_of(ref, type)) return type_mismatch(vm, ref, type);
  *result = vm_retain(ref);
  return VM_OK;
}

vm_status vm_global_load_ref(vm_instance* vm, uint32_t global, const vm_type* type, int32_t move,
                             vm_ref* result) {
  vm_ref* slot = &vm->global_refs[global];
  if (!move) return retain_checked(vm, *slot, type, result);
  if (!is_of(*slot, type)) return type_mismatch(vm, *slot, type);
  *result = *slot;
  *slot = NULL;
  return VM_OK;
}

vm_status vm_global_store_ref(vm_instance* vm, uint32_t global, const vm_type* type, vm_ref value) {
  vm_ref old = vm->global_refs[global];
  vm_status status = retain_checked(vm, value, type, &vm->global_refs[global]);
  if (status == VM_OK) vm_release(&old);
  return status;
}

vm_status vm_global_load_indirect_ref(vm_instance* vm, int32_t global, const vm_type* type, int32_t move,
                                      vm_ref* result) {
  if ((uint32_t)global >= vm->module->global_ref_count) return no_such_global(vm, global);
  return vm_global_load_ref(vm, (uint32_t)global, type, move, result);
}

vm_status vm_global_store_indirect_ref(vm_instance* vm, int32_t global, const vm_type* type, vm_ref value) {
  if ((uint32_t)global >= vm->module->global_ref_count) return no_such_global(vm, global);
  return vm_global_store_ref(vm, (uint32_t)global, type, value);
}

vm_status vm_global_out_of_range(vm_instance* vm, int32_t byte_offset) {
  return vm_raise(vm, VM_OUT_OF_RANGE, "global byte_offset out of range: %u (rwdata=%u)",
                  (unsigned)byte_offset, (unsigned)vm->module->global_bytes);
}

vm_status vm_select_ref(vm_instance* vm, int32_t condition, const vm_type* type, vm_ref true_value,
                        vm_ref false_value, vm_ref* result) {
  return retain_checked(vm, condition ? true_value : false_value, type, result);
}

vm_status vm_switch_ref(vm_instance* vm, int32_t index, const vm_type* type, vm_ref default_value,
                        const vm_ref* values, uint32_t count, vm_ref* result) {
  return retain_checked(vm, (uint32_t)index < count ? values[index] : default_value, type, result);
}

vm_status vm_cast_any_ref(vm_instance* vm, vm_ref operand, const vm_type* type, vm_ref* result) {
  return retain_checked(vm, operand, type, result);
}

vm_status vm_division_by_zero(vm_instance* vm) {
  return vm_raise(vm, VM_INVALID_ARGUMENT, "division by zero");
}

vm_status vm_c_stack_exhausted(vm_instance* vm, uint32_t frame_bytes) {
  return vm_raise(vm, VM_RESOURCE_EXHAUSTED,
                  "C stack overflow: no room for a frame%s; vm_options.stack_limit is %u bytes",
                  frame_bytes ? " of many values" : "", (unsigned)vm->stack_limit);
}

vm_status vm_stack_exhausted(vm_instance* vm, uint32_t frame_bytes) {
  return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "stack overflow: %u bytes in use, %u more needed, %u allowed",
                  (unsigned)vm->stack_used, (unsigned)frame_bytes, (unsigned)VM_STACK_LIMIT);
}
