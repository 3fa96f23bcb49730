/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of a module that are kept in a file (emitted with --rodata=file). */
#define _POSIX_C_SOURCE 200809L /* fstat and mmap, where there are any */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

vm_status vm_constants_open(const char* path, vm_constants* result) {
  struct stat facts;
  void* data = MAP_FAILED;
  int file = open(path, O_RDONLY);
  memset(result, 0, sizeof *result);
  if (file < 0) return VM_NOT_FOUND;
  if (fstat(file, &facts) == 0 && facts.st_size > 0) {
    data = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  }
  close(file);
  if (data == MAP_FAILED) return VM_DATA_LOSS;
  result->data = (const uint8_t*)data;
  result->length = (uint64_t)facts.st_size;
  return VM_OK;
}

void vm_constants_close(vm_constants* constants) {
  if (constants->data) munmap((void*)(uintptr_t)constants->data, (size_t)constants->length);
  memset(constants, 0, sizeof *constants);
}
#elif VM_SYSTEM_ALLOCATOR
static vm_status read_all(FILE* file, vm_constants* result) {
  long size = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
  uint8_t* data = size > 0 ? (uint8_t*)vm_system_allocator.allocate(NULL, (size_t)size, 64) : NULL;
  if (!data) return VM_DATA_LOSS;
  rewind(file);
  result->data = data;
  result->length = (uint64_t)size;
  return fread(data, 1, (size_t)size, file) == (size_t)size ? VM_OK : VM_DATA_LOSS;
}

vm_status vm_constants_open(const char* path, vm_constants* result) {
  FILE* file = fopen(path, "rb");
  vm_status status;
  memset(result, 0, sizeof *result);
  if (!file) return VM_NOT_FOUND;
  status = read_all(file, result);
  fclose(file);
  if (status != VM_OK) vm_constants_close(result);
  return status;
}

void vm_constants_close(vm_constants* constants) {
  if (constants->data) {
    vm_system_allocator.release(NULL, (void*)(uintptr_t)constants->data, (size_t)constants->length);
  }
  memset(constants, 0, sizeof *constants);
}
#else
vm_status vm_constants_open(const char* path, vm_constants* result) {
  (void)path;
  memset(result, 0, sizeof *result);
  return VM_UNIMPLEMENTED;
}

void vm_constants_close(vm_constants* constants) { memset(constants, 0, sizeof *constants); }
#endif
