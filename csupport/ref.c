/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

const vm_type vm_type_i8 = {"i8", VM_TYPE_I8, NULL};
const vm_type vm_type_i16 = {"i16", VM_TYPE_I16, NULL};
const vm_type vm_type_i32 = {"i32", VM_TYPE_I32, NULL};
const vm_type vm_type_i64 = {"i64", VM_TYPE_I64, NULL};
const vm_type vm_type_f32 = {"f32", VM_TYPE_F32, NULL};
const vm_type vm_type_f64 = {"f64", VM_TYPE_F64, NULL};
const vm_type vm_type_opaque = {"!vm.opaque", VM_TYPE_OPAQUE, NULL};

/* Releasing publishes this thread's writes to whoever destroys the object; the last one sees them all. */
int vm_drop(vm_ref ref) {
  if (!ref || !ref->allocator) return 0;
#if VM_ATOMIC_REFS
  return __atomic_fetch_sub(&ref->references, 1u, __ATOMIC_ACQ_REL) == 1u;
#else
  ref->references -= 1u;
  return ref->references == 0u;
#endif
}

void vm_destroy(vm_ref ref) { ref->type->destroy(ref); }

void vm_release(vm_ref* ref) {
  vm_ref object = *ref;
  *ref = NULL; /* first: destroying may reach this variable again */
  if (vm_drop(object)) vm_destroy(object);
}
