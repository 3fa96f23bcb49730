/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of the module `hal_inline`, with IREE's checks in IREE's order. */
#include <string.h>

#include "hal_internal.h"

/* ---- buffers ---- */

/* IREE takes any number as the alignment; one that is none asks for nothing beyond the usual 64 bytes. */
static uint32_t usable_alignment(int32_t alignment) {
  return alignment > 0 && !(alignment & (alignment - 1)) ? (uint32_t)alignment : 0u;
}

vm_status hal_inline_buffer_allocate(vm_instance* vm, int32_t alignment, int64_t size, vm_ref* buffer,
                                     vm_ref* storage) {
  hal_buffer* allocated;
  vm_status status =
      hal_buffer_allocate(vm->allocator, (uint64_t)size, usable_alignment(alignment), &allocated);
  if (status != VM_OK) return hal_no_memory(vm, (uint64_t)size);
  *buffer = &allocated->object;
  *storage = vm_retain(&allocated->storage->object);
  return VM_OK;
}

vm_status hal_inline_buffer_allocate_initialized(vm_instance* vm, int32_t alignment, vm_ref source,
                                                 int64_t offset, int64_t length, vm_ref* buffer,
                                                 vm_ref* storage) {
  vm_span bytes;
  vm_status status = hal_check_bytes(vm, source, &bytes);
  if (status != VM_OK) return status;
  if ((uint64_t)length > bytes.readable || (uint64_t)offset > bytes.readable - (uint64_t)length) {
    return vm_raise(
        vm, VM_OUT_OF_RANGE,
        "out-of-bounds access detected (offset=%lld, length=%lld, alignment=1, buffer length=%llu)",
        (long long)offset, (long long)length, (unsigned long long)bytes.readable);
  }
  status = hal_inline_buffer_allocate(vm, alignment, length, buffer, storage);
  if (status == VM_OK && length) memcpy(((vm_buffer*)*storage)->data, bytes.data + offset, (size_t)length);
  return status;
}

vm_status hal_inline_buffer_length(vm_instance* vm, vm_ref buffer, int64_t* result) {
  hal_buffer* target;
  vm_status status = hal_check_buffer(vm, buffer, &target);
  if (status == VM_OK) *result = (int64_t)target->length;
  return status;
}

vm_status hal_inline_buffer_storage(vm_instance* vm, vm_ref buffer, vm_ref* result) {
  hal_buffer* source;
  vm_buffer* bytes;
  vm_status status = hal_check_buffer(vm, buffer, &source);
  if (status != VM_OK) return status;
  status = vm_buffer_wrap(vm->allocator, hal_buffer_data(source), source->length,
                          source->storage->access & VM_ACCESS_MUTABLE, &source->storage->object, &bytes);
  if (status != VM_OK) return hal_no_memory(vm, 0);
  *result = &bytes->object;
  return VM_OK;
}

vm_status hal_inline_buffer_subspan(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length,
                                    vm_ref* result) {
  hal_buffer* part;
  vm_status status = hal_checked_subspan(vm, buffer, offset, length, &part);
  if (status == VM_OK) *result = &part->object;
  return status;
}

/* IREE declares this one and fails with UNIMPLEMENTED. */
vm_status hal_inline_buffer_wrap(vm_instance* vm, vm_ref source, int64_t offset, int64_t length,
                                 vm_ref* result) {
  vm_span bytes;
  hal_buffer* buffer;
  vm_status status = hal_check_bytes(vm, source, &bytes);
  if (status != VM_OK) return status;
  if (length == -1 && (uint64_t)offset <= bytes.readable)
    length = (int64_t)(bytes.readable - (uint64_t)offset);
  if ((uint64_t)length > bytes.readable || (uint64_t)offset > bytes.readable - (uint64_t)length) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "range outside of the buffer (offset=%lld, length=%lld)",
                    (long long)offset, (long long)length);
  }
  status = hal_buffer_wrap(vm->allocator, (vm_buffer*)source, (uint64_t)offset, (uint64_t)length, &buffer);
  if (status != VM_OK) return hal_no_memory(vm, 0);
  *result = &buffer->object;
  return VM_OK;
}

/* ---- views ---- */

static VM_COLD vm_status bad_shape(vm_instance* vm, const hal_buffer* buffer, int32_t element_type,
                                   uint32_t rank, const int64_t* dims) {
  uint64_t length = 0;
  vm_status status = hal_dense_length(element_type, rank, dims, &length);
  (void)buffer;
  if (status == VM_INVALID_ARGUMENT) return vm_raise(vm, status, "opaque element types cannot be indexed");
  if (status != VM_OK) return vm_raise(vm, status, "packed byte count overflows device size");
  return vm_raise(vm, VM_OUT_OF_RANGE, "buffer view byte length %llu exceeds backing buffer byte length %llu",
                  (unsigned long long)length, (unsigned long long)buffer->length);
}

vm_status hal_inline_buffer_view_create(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length,
                                        int32_t element_type, int32_t encoding, uint32_t rank,
                                        const int64_t* dims, vm_ref* result) {
  hal_buffer* part = NULL;
  hal_buffer_view* view;
  vm_ref part_ref;
  vm_status status;
  if (rank > VM_RANK_LIMIT) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "count %u > %u", (unsigned)rank, (unsigned)VM_RANK_LIMIT);
  }
  status = hal_checked_subspan(vm, buffer, offset, length, &part);
  if (status != VM_OK) return status;
  status = hal_buffer_view_create(vm->allocator, part, element_type, encoding, rank, dims, &view);
  if (status == VM_OK) *result = &view->object;
  if (status == VM_RESOURCE_EXHAUSTED) {
    status = hal_no_memory(vm, 0);
  } else if (status != VM_OK) {
    status = bad_shape(vm, part, element_type, rank, dims);
  }
  part_ref = (vm_ref)part;
  vm_release(&part_ref);
  return status;
}

/* IREE's rules: opaque passes for anything, and integers for each other when they are of one width. */
static int is_compatible(int32_t actual, int32_t expected) {
  uint32_t actual_class = hal_element_class(actual);
  if (actual_class == HAL_CLASS_OPAQUE || actual == expected) return 1;
  return (actual_class & HAL_CLASS_INTEGER) && (hal_element_class(expected) & HAL_CLASS_INTEGER) &&
         hal_element_bits(actual) == hal_element_bits(expected);
}

enum { SHAPE_TEXT = 64 };

static VM_COLD vm_status bad_encoding(vm_instance* vm, hal_label name, int32_t expected, int32_t actual) {
  (void)name;
  return vm_raise(vm, VM_INVALID_ARGUMENT, "%.*s encoding mismatch; expected %08X but have %08X", name.length,
                  name.text, (unsigned)expected, (unsigned)actual);
}

static VM_COLD vm_status bad_element_type(vm_instance* vm, hal_label name, int32_t expected, int32_t actual) {
  char expected_text[SHAPE_TEXT], actual_text[SHAPE_TEXT];
  (void)name;
  if (VM_DIAGNOSTICS == 2) {
    hal_format_element_type(expected, expected_text, sizeof expected_text);
    hal_format_element_type(actual, actual_text, sizeof actual_text);
  }
  return vm_raise(vm, VM_INVALID_ARGUMENT, "%.*s element type mismatch; expected %s but have %s", name.length,
                  name.text, expected_text, actual_text);
}

static VM_COLD vm_status bad_rank(vm_instance* vm, hal_label name, const hal_buffer_view* view, uint32_t rank,
                                  const int64_t* dims) {
  char expected[SHAPE_TEXT], actual[SHAPE_TEXT];
  (void)name;
  if (VM_DIAGNOSTICS == 2) {
    hal_format_shape(rank, dims, expected, sizeof expected);
    hal_format_shape(view->rank, view->dims, actual, sizeof actual);
  }
  return vm_raise(vm, VM_INVALID_ARGUMENT,
                  "%.*s shape rank mismatch; expected %u but have %u; expected shape `%s`, actual shape `%s`",
                  name.length, name.text, (unsigned)rank, (unsigned)view->rank, expected, actual);
}

static VM_COLD vm_status bad_dim(vm_instance* vm, hal_label name, const hal_buffer_view* view,
                                 const int64_t* dims, uint32_t i) {
  char expected[SHAPE_TEXT], actual[SHAPE_TEXT];
  (void)name;
  (void)i;
  if (VM_DIAGNOSTICS == 2) {
    hal_format_shape(view->rank, dims, expected, sizeof expected);
    hal_format_shape(view->rank, view->dims, actual, sizeof actual);
  }
  return vm_raise(
      vm, VM_INVALID_ARGUMENT,
      "%.*s shape dimension %u mismatch; expected %lld but have %lld; expected shape `%s`, actual shape `%s`",
      name.length, name.text, (unsigned)i, (long long)dims[i], (long long)view->dims[i], expected, actual);
}

vm_status hal_inline_buffer_view_assert(vm_instance* vm, vm_ref view, vm_ref message, int32_t element_type,
                                        int32_t encoding, uint32_t rank, const int64_t* dims) {
  hal_buffer_view* actual;
  vm_span bytes;
  uint32_t i;
  vm_status status = hal_check_view(vm, view, &actual);
  if (status == VM_OK) status = hal_check_bytes(vm, message, &bytes);
  if (status != VM_OK) return status;
  if (actual->encoding != HAL_ENCODING_OPAQUE && actual->encoding != encoding) {
    return bad_encoding(vm, hal_label_of(message), encoding, actual->encoding);
  }
  if (!is_compatible(actual->element_type, element_type)) {
    return bad_element_type(vm, hal_label_of(message), element_type, actual->element_type);
  }
  if (actual->rank != rank) return bad_rank(vm, hal_label_of(message), actual, rank, dims);
  for (i = 0; i < rank; ++i) {
    if (actual->dims[i] != dims[i]) return bad_dim(vm, hal_label_of(message), actual, dims, i);
  }
  return VM_OK;
}

vm_status hal_inline_buffer_view_buffer(vm_instance* vm, vm_ref view, vm_ref* result) {
  hal_buffer_view* source;
  vm_status status = hal_check_view(vm, view, &source);
  if (status == VM_OK) *result = vm_retain(&source->buffer->object);
  return status;
}

vm_status hal_inline_buffer_view_dim(vm_instance* vm, vm_ref view, int32_t index, int64_t* result) {
  hal_buffer_view* source;
  vm_status status = hal_check_view(vm, view, &source);
  if (status == VM_OK) *result = (uint32_t)index < source->rank ? source->dims[index] : 0;
  return status;
}

vm_status hal_inline_buffer_view_element_type(vm_instance* vm, vm_ref view, int32_t* result) {
  hal_buffer_view* source;
  vm_status status = hal_check_view(vm, view, &source);
  if (status == VM_OK) *result = source->element_type;
  return status;
}

vm_status hal_inline_buffer_view_encoding_type(vm_instance* vm, vm_ref view, int32_t* result) {
  hal_buffer_view* source;
  vm_status status = hal_check_view(vm, view, &source);
  if (status == VM_OK) *result = source->encoding;
  return status;
}

vm_status hal_inline_buffer_view_rank(vm_instance* vm, vm_ref view, int32_t* result) {
  hal_buffer_view* source;
  vm_status status = hal_check_view(vm, view, &source);
  if (status == VM_OK) *result = (int32_t)source->rank;
  return status;
}

/* A target without devices: every query is answered with "unknown". */
vm_status hal_inline_device_query_i64(vm_instance* vm, vm_ref category, vm_ref key, int32_t* ok,
                                      int64_t* value) {
  vm_span text;
  vm_status status = hal_check_bytes(vm, category, &text);
  if (status == VM_OK) status = hal_check_bytes(vm, key, &text);
  if (status != VM_OK) return status;
  *ok = 0;
  *value = 0;
  return VM_OK;
}
