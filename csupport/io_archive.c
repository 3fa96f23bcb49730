/* SPDX-License-Identifier: Apache-2.0 */
/* IREE's parameter archives: a header, a table of entries, their names, their bytes.
 *
 * Every offset comes from the file and is checked once, when the archive is opened.
 */
#if defined(__unix__) || defined(__APPLE__)
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#define IO_MAP 1
#else
#define IO_MAP 0
#endif

#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "io_parameters.h"

enum { HEADER_BYTES = 0x58, ENTRY_BYTES = 60, DATA_BYTES = 76, SPLAT_BYTES = 85, PATTERN_LIMIT = 16 };
enum { SKIPPED = 0, SPLAT = 1, DATA = 2, EXTERNAL = 3 };

typedef struct io_archive {
  vm_object object;
  vm_ref owner; /* of the bytes, or NULL */
  const uint8_t* data;
  uint64_t length;
  int is_mapped;
  const uint8_t* table; /* of entries */
  uint64_t table_length;
  const uint8_t* names;
  uint64_t names_length;
  const uint8_t* storage;
  uint64_t storage_length;
} io_archive;

static void archive_destroy(vm_object* object) {
  io_archive* archive = (io_archive*)object;
#if IO_MAP
  if (archive->is_mapped && archive->length) munmap((void*)(uintptr_t)archive->data, (size_t)archive->length);
#endif
  vm_release(&archive->owner);
  vm_release_array(object->allocator, archive, 1, sizeof *archive);
}

static const vm_type archive_type = {"io_archive", VM_TYPE_REF, archive_destroy};

/* ---- numbers ---- */

static uint32_t read32(const uint8_t* data) {
  uint32_t value;
  memcpy(&value, data, sizeof value);
  return value;
}

static uint64_t read64(const uint8_t* data) {
  uint64_t value;
  memcpy(&value, data, sizeof value);
  return value;
}

static int contains(uint64_t limit, uint64_t offset, uint64_t length) {
  return offset <= limit && length <= limit - offset;
}

/* A range as the file gives it: two numbers. */
static int read_range(const uint8_t* at, const uint8_t* base, uint64_t limit, const uint8_t** data,
                      uint64_t* length) {
  uint64_t offset = read64(at);
  *length = read64(at + 8);
  if (!contains(limit, offset, *length)) return 0;
  *data = base + offset;
  return 1;
}

/* ---- checks ---- */

static int check_contents(const io_archive* archive, const uint8_t* entry, uint64_t size) {
  const uint8_t* data;
  uint64_t length;
  switch (read32(entry + 8)) {
    case DATA:
      return size >= DATA_BYTES &&
             read_range(entry + 60, archive->storage, archive->storage_length, &data, &length);
    case SPLAT: return size >= SPLAT_BYTES && entry[84] > 0 && entry[84] <= PATTERN_LIMIT;
    default: return 1;
  }
}

static uint64_t aligned16(uint64_t size) { return size + (0u - size) % 16; }

/* The table ends with the last entry that is counted: nobody looks at what the file says behind it. */
static int check_entries(io_archive* archive, uint64_t count) {
  uint64_t at = 0, i;
  for (i = 0; i < count; ++i) {
    const uint8_t* name;
    uint64_t size, length;
    if (!contains(archive->table_length, at, ENTRY_BYTES)) return 0;
    size = read64(archive->table + at);
    if (size < ENTRY_BYTES || !contains(archive->table_length, at, size)) return 0;
    if (!read_range(archive->table + at + 20, archive->names, archive->names_length, &name, &length))
      return 0;
    if (!check_contents(archive, archive->table + at, size)) return 0;
    at += aligned16(size);
  }
  if (at < archive->table_length) archive->table_length = at;
  return 1;
}

static int parse(io_archive* archive) {
  const uint8_t* data = archive->data;
  if (archive->length < HEADER_BYTES || memcmp(data, "IRPA\0\0", 6) || read64(data + 8) < HEADER_BYTES)
    return 0;
  return read_range(data + 0x28, data, archive->length, &archive->table, &archive->table_length) &&
         read_range(data + 0x38, data, archive->length, &archive->names, &archive->names_length) &&
         read_range(data + 0x48, data, archive->length, &archive->storage, &archive->storage_length) &&
         check_entries(archive, read64(data + 0x20));
}

/* ---- opening ---- */

static vm_status make(const vm_allocator* allocator, const uint8_t* data, uint64_t length, int is_mapped,
                      vm_ref owner, vm_ref* result) {
  io_archive* archive = (io_archive*)vm_allocate_array(allocator, 1, sizeof *archive);
  if (!archive) return VM_RESOURCE_EXHAUSTED;
  archive->object.type = &archive_type;
  archive->object.allocator = allocator;
  archive->object.references = 1;
  archive->owner = vm_retain(owner);
  archive->data = data;
  archive->length = length;
  archive->is_mapped = is_mapped;
  *result = &archive->object;
  if (parse(archive)) return VM_OK;
  vm_release(result);
  return VM_INVALID_ARGUMENT;
}

vm_status io_archive_wrap(const vm_allocator* allocator, const uint8_t* data, uint64_t length, vm_ref owner,
                          vm_ref* result) {
  *result = NULL;
  return make(allocator, data, length, 0, owner, result);
}

#if IO_MAP

static vm_status map_file(const char* path, const uint8_t** data, uint64_t* length) {
  struct stat status;
  void* memory = MAP_FAILED;
  int file = open(path, O_RDONLY);
  if (file < 0) return VM_NOT_FOUND;
  if (fstat(file, &status) == 0 && status.st_size > 0) {
    memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  }
  close(file);
  if (memory == MAP_FAILED) return VM_INVALID_ARGUMENT;
  *data = (const uint8_t*)memory;
  *length = (uint64_t)status.st_size;
  return VM_OK;
}

vm_status io_archive_open(const vm_allocator* allocator, const char* path, vm_ref* result) {
  const uint8_t* data = NULL;
  uint64_t length = 0;
  vm_status status = map_file(path, &data, &length);
  *result = NULL;
  if (status != VM_OK) return status;
  status = make(allocator, data, length, 1, NULL, result);
  if (status == VM_RESOURCE_EXHAUSTED) munmap((void*)(uintptr_t)data, (size_t)length);
  return status;
}

#else

static vm_status read_file(FILE* file, const vm_allocator* allocator, vm_buffer** result) {
  long length = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
  vm_status status;
  if (length < 0 || fseek(file, 0, SEEK_SET) != 0) return VM_NOT_FOUND;
  status = vm_buffer_create(allocator, (uint64_t)length, 64, result);
  if (status != VM_OK || fread((*result)->data, 1, (size_t)length, file) == (size_t)length) return status;
  return VM_NOT_FOUND;
}

vm_status io_archive_open(const vm_allocator* allocator, const char* path, vm_ref* result) {
  vm_buffer* buffer = NULL;
  vm_ref owner;
  FILE* file = fopen(path, "rb");
  vm_status status = file ? read_file(file, allocator, &buffer) : VM_NOT_FOUND;
  *result = NULL;
  if (file) fclose(file);
  owner = (vm_ref)buffer;
  if (status == VM_OK) status = make(allocator, buffer->data, buffer->length, 0, owner, result);
  vm_release(&owner);
  return status;
}

#endif

/* ---- looking up ---- */

static int is_named(const io_archive* archive, const uint8_t* entry, const uint8_t* name, uint64_t length) {
  return read32(entry + 8) != SKIPPED && read64(entry + 28) == length &&
         !memcmp(archive->names + read64(entry + 20), name, (size_t)length);
}

static vm_status describe(const io_archive* archive, const uint8_t* entry, io_entry* result) {
  uint32_t type = read32(entry + 8);
  if (type != DATA && type != SPLAT) return VM_UNIMPLEMENTED;
  result->data = type == DATA ? archive->storage + read64(entry + 60) : entry + 68;
  result->length = type == DATA ? read64(entry + 68) : read64(entry + 60);
  result->pattern_length = type == DATA ? 0 : entry[84];
  return VM_OK;
}

/* Offset of the entry behind that at an offset; 0, the first one's, behind the last. */
static uint64_t after(const io_archive* archive, uint64_t at) {
  uint64_t next = at + aligned16(read64(archive->table + at));
  return contains(archive->table_length, next, ENTRY_BYTES) ? next : 0;
}

vm_status io_archive_find(vm_ref ref, const uint8_t* name, uint64_t name_length, uint64_t* cursor,
                          io_entry* result) {
  const io_archive* archive = (const io_archive*)ref;
  uint64_t start = contains(archive->table_length, *cursor, ENTRY_BYTES) ? *cursor : 0;
  uint64_t at = start;
  if (archive->table_length < ENTRY_BYTES) return VM_NOT_FOUND;
  do {
    const uint8_t* entry = archive->table + at;
    at = after(archive, at);
    if (is_named(archive, entry, name, name_length)) {
      *cursor = at;
      return describe(archive, entry, result);
    }
  } while (at != start);
  return VM_NOT_FOUND;
}
