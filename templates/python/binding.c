#include "binding.h"

#include "hal.h"

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
