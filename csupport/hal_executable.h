/* SPDX-License-Identifier: Apache-2.0 */
/* Translated executables: what generated code provides for each nested module of a program.
 */
#ifndef HAL_EXECUTABLE_H
#define HAL_EXECUTABLE_H

#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One workgroup of a kernel.  `vm` is an instance of the nested module; on another thread it is another copy,
 * so that errors do not meet.  `bindings` has as many entries as the kernel needs. */
typedef vm_status (*hal_kernel_fn)(vm_instance* vm, const vm_span* bindings, const vm_span* constants,
                                   int32_t id_x, int32_t id_y, int32_t id_z, int32_t count_x, int32_t count_y,
                                   int32_t count_z);

/* Where a kernel takes a binding out of the list: its number, and the instruction's offset. */
typedef struct hal_binding_get {
  uint32_t index, offset;
} hal_binding_get;

typedef struct hal_kernel {
  hal_kernel_fn run;           /* NULL: only the export of the nested module can be called, with VM objects */
  int32_t binding_count;       /* as the compiler noted it; -1 when it did not */
  int32_t constant_count;      /* same */
  const hal_binding_get* gets; /* all of what `run` does with the list of bindings, in this order */
  uint32_t get_count;
  uint32_t function; /* of the module */
} hal_kernel;

/* A nested module; kernel `i` is export `i`. */
typedef struct hal_executable_code {
  const vm_module* module;
  const hal_kernel* kernels;
  uint32_t kernel_count;
} hal_executable_code;

#ifdef __cplusplus
}
#endif
#endif
