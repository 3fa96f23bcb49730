/* SPDX-License-Identifier: Apache-2.0 */
/* .npy: a magic, the length of a header, the header (a Python dictionary as text), the elements. */
#include "hal_npy.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { PREAMBLE = 8, HEADER_LIMIT = 1 << 16, HEADER_ALIGNMENT = 64 };

static const char MAGIC[] = "\x93NUMPY";

typedef struct npy_header {
  int32_t element_type;
  uint32_t rank;
  int64_t dims[VM_RANK_LIMIT];
} npy_header;

vm_status hal_buffer_view_zeros(const vm_allocator* allocator, int32_t element_type, uint32_t rank,
                                const int64_t* dims, hal_buffer_view** result) {
  hal_buffer* buffer = NULL;
  vm_ref unused;
  uint64_t length = 0;
  vm_status status = hal_dense_length(element_type, rank, dims, &length);
  *result = NULL;
  if (status == VM_OK) status = hal_buffer_allocate(allocator, length, 0, &buffer);
  if (status != VM_OK) return status;
  status = hal_buffer_view_create(allocator, buffer, element_type, HAL_ENCODING_DENSE, rank, dims, result);
  unused = &buffer->object;
  vm_release(&unused);
  return status;
}

/* ---- reading ---- */

/* What follows a key in the header's text; NULL if it is not there. */
static const char* value_of(const char* header, const char* key) {
  const char* found = strstr(header, key);
  if (!found) return NULL;
  found += strlen(key);
  return found + strspn(found, " :");
}

/* '<f4': byte order, kind, bytes of an element. */
static vm_status read_type(const char* header, int32_t* result) {
  const char* text = value_of(header, "'descr'");
  uint32_t kind;
  long bytes;
  if (!text || text[0] != '\'' || !text[1]) return VM_INVALID_ARGUMENT;
  switch (text[2]) {
    case 'b': kind = HAL_CLASS_BOOL; break;
    case 'i': kind = HAL_CLASS_SIGNED; break;
    case 'u': kind = HAL_CLASS_UNSIGNED; break;
    case 'f': kind = HAL_CLASS_IEEE; break;
    case 'c': kind = HAL_CLASS_COMPLEX; break;
    default: return VM_UNIMPLEMENTED;
  }
  bytes = strtol(text + 3, NULL, 10);
  if (text[1] == '>' || bytes < 1 || bytes > 16) return VM_UNIMPLEMENTED;
  *result = (int32_t)(kind << 24 | (uint32_t)bytes * 8);
  return VM_OK;
}

/* (2, 3, ) */
static vm_status read_shape(const char* header, npy_header* result) {
  const char* text = value_of(header, "'shape'");
  result->rank = 0;
  if (!text || *text++ != '(') return VM_INVALID_ARGUMENT;
  for (;;) {
    char* end;
    text += strspn(text, " ,");
    if (*text == ')') return VM_OK;
    if (result->rank == VM_RANK_LIMIT) return VM_INVALID_ARGUMENT;
    result->dims[result->rank++] = strtoll(text, &end, 10);
    if (end == text) return VM_INVALID_ARGUMENT;
    text = end;
  }
}

static vm_status parse_header(const char* text, npy_header* result) {
  const char* order = value_of(text, "'fortran_order'");
  vm_status status = read_type(text, &result->element_type);
  if (status == VM_OK) status = read_shape(text, result);
  if (status == VM_OK && !order) status = VM_INVALID_ARGUMENT;
  return status == VM_OK && strncmp(order, "False", 5) != 0 ? VM_UNIMPLEMENTED : status;
}

/* The header's length: two bytes in version 1, four since. */
static vm_status read_length(FILE* file, size_t* result) {
  uint8_t head[PREAMBLE + 4];
  size_t width;
  if (fread(head, 1, PREAMBLE, file) != PREAMBLE || memcmp(head, MAGIC, 6) != 0) return VM_INVALID_ARGUMENT;
  width = head[6] == 1 ? 2 : 4;
  if (fread(head + PREAMBLE, 1, width, file) != width) return VM_INVALID_ARGUMENT;
  *result = head[PREAMBLE] | (size_t)head[PREAMBLE + 1] << 8;
  if (width == 4) *result |= (size_t)head[PREAMBLE + 2] << 16 | (size_t)head[PREAMBLE + 3] << 24;
  return *result < HEADER_LIMIT ? VM_OK : VM_INVALID_ARGUMENT;
}

static vm_status read_header(const vm_allocator* allocator, FILE* file, npy_header* result) {
  size_t length = 0;
  char* text;
  vm_status status = read_length(file, &length);
  if (status != VM_OK) return status;
  text = (char*)vm_allocate_array(allocator, length + 1, 1); /* zeroed: the text ends */
  if (!text) return VM_RESOURCE_EXHAUSTED;
  status = fread(text, 1, length, file) == length ? parse_header(text, result) : VM_INVALID_ARGUMENT;
  vm_release_array(allocator, text, length + 1, 1);
  return status;
}

vm_status hal_npy_read(const vm_allocator* allocator, FILE* file, hal_buffer_view** result) {
  npy_header header;
  size_t length;
  vm_ref unused;
  vm_status status = read_header(allocator, file, &header);
  *result = NULL;
  if (status == VM_OK) {
    status = hal_buffer_view_zeros(allocator, header.element_type, header.rank, header.dims, result);
  }
  if (status != VM_OK) return status;
  length = (size_t)hal_buffer_view_length(*result);
  if (fread(hal_buffer_view_data(*result), 1, length, file) == length) return VM_OK;
  unused = &(*result)->object;
  vm_release(&unused);
  *result = NULL;
  return VM_DATA_LOSS;
}

/* ---- writing ---- */

static char kind_of(int32_t element_type) {
  uint32_t bits = hal_element_bits(element_type);
  switch (hal_element_class(element_type)) {
    case HAL_CLASS_BOOL: return bits == 8 ? 'b' : 'V';
    case HAL_CLASS_INTEGER:
    case HAL_CLASS_SIGNED: return bits <= 64 ? 'i' : 'V';
    case HAL_CLASS_UNSIGNED: return bits <= 64 ? 'u' : 'V';
    case HAL_CLASS_IEEE: return bits > 8 ? 'f' : 'V';
    case HAL_CLASS_COMPLEX: return 'c';
    default: return 'V';
  }
}

static void format_header(vm_text* text, const hal_buffer_view* view) {
  uint32_t bytes = hal_element_bits(view->element_type) / 8;
  uint32_t i;
  vm_text_append(text, "{'descr': '%c%c%u', 'fortran_order': False, 'shape': (", bytes > 1 ? '<' : '|',
                 kind_of(view->element_type), (unsigned)bytes);
  for (i = 0; i < view->rank; ++i) {
    vm_text_append(text, i ? " %lld," : "%lld,", (long long)view->dims[i]);
  }
  vm_text_append(text, "), }");
}

static int write_array(FILE* file, const hal_buffer_view* view, const char* header, size_t length) {
  size_t whole = (PREAMBLE + 2 + length + HEADER_ALIGNMENT) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
  size_t padded = whole - PREAMBLE - 2;
  uint64_t bytes = 0;
  if (hal_dense_length(view->element_type, view->rank, view->dims, &bytes) != VM_OK) return 0;
  return fwrite(MAGIC, 1, 6, file) == 6 && fputc(1, file) == 1 && fputc(0, file) == 0 &&
         fputc((int)(padded & 0xFF), file) != EOF && fputc((int)(padded >> 8), file) != EOF &&
         fprintf(file, "%-*s\n", (int)padded - 1, header) == (int)padded &&
         fwrite(hal_buffer_view_data(view), 1, (size_t)bytes, file) == (size_t)bytes;
}

vm_status hal_npy_write(FILE* file, const hal_buffer_view* view) {
  char header[128 + 24 * VM_RANK_LIMIT];
  vm_text text = {header, sizeof header, 0};
  if (hal_element_bits(view->element_type) % 8) return VM_UNIMPLEMENTED;
  format_header(&text, view);
  return write_array(file, view, header, text.length) ? VM_OK : VM_DATA_LOSS;
}
