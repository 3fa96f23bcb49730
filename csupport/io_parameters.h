/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters: values that a program names and that its embedder keeps in files.
 *
 *   vm_ref archive;
 *   if (io_archive_open(&vm_system_allocator, "model.irpa", &archive) != VM_OK) ...
 *   io_scope scopes[] = {{"model", archive}};
 *   io_parameters parameters = {scopes, 1};
 *   vm_options options = {.parameters = &parameters};
 *
 * Files are IREE's parameter archives (IRPA); they are mapped and not read.  The scopes must outlive the
 * instance; buffers that show an archive's bytes keep it alive by themselves.
 */
#ifndef IO_PARAMETERS_H
#define IO_PARAMETERS_H

#include "vm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An archive and the scope in which its parameters are found.  Several may have the same scope: they are asked
 * in order. */
typedef struct io_scope {
  const char* name;
  vm_ref archive;
} io_scope;

typedef struct io_parameters {
  const io_scope* scopes;
  uint32_t count;
} io_parameters;

/* Maps an archive.  Fails with NOT_FOUND when the file cannot be read and with INVALID_ARGUMENT when it is no archive.
 * The result is released with vm_release. */
vm_status io_archive_open(const vm_allocator* allocator, const char* path, vm_ref* result);

/* An archive in memory that `owner` (retained; may be NULL) keeps alive. */
vm_status io_archive_wrap(const vm_allocator* allocator, const uint8_t* data, uint64_t length, vm_ref owner,
                          vm_ref* result);

/* ---- for the module io_parameters ---- */

/* A value in an archive: bytes, or a pattern that repeats. */
typedef struct io_entry {
  const uint8_t* data;
  uint64_t length;
  uint32_t pattern_length; /* 0: all bytes are there */
} io_entry;

/* NOT_FOUND if there is none of that name, UNIMPLEMENTED if it is in another file.  `cursor` (0 at first) makes it
 * quick to ask for entries in the order of the archive. */
vm_status io_archive_find(vm_ref archive, const uint8_t* name, uint64_t name_length, uint64_t* cursor,
                          io_entry* result);

/* ---- the module's functions, for generated code ---- */

vm_status io_parameters_load(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                             vm_ref scope, int64_t target_affinity, int32_t types, int32_t usage,
                             vm_ref key_table, vm_ref key_data, vm_ref spans, vm_ref* result);
vm_status io_parameters_gather(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                               vm_ref scope, vm_ref target, vm_ref key_table, vm_ref key_data, vm_ref spans);
vm_status io_parameters_scatter(vm_instance* vm, vm_ref device, int64_t affinity, vm_ref wait, vm_ref signal,
                                vm_ref source, vm_ref scope, vm_ref key_table, vm_ref key_data, vm_ref spans);

#ifdef __cplusplus
}
#endif
#endif
