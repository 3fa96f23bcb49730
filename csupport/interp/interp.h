/* SPDX-License-Identifier: Apache-2.0 */
/* The bytecode interpreter: runs modules that have been verified and decoded ahead of time (transpile/interp).
 *
 * A decoded module is a vm_module like any other, followed by what the interpreter needs.  Code is a sequence of
 * records of whole 8-byte units: what executes the record, then its operands at their natural alignment, registers
 * as offsets that need no further scaling than an address has.  Nothing is checked again.
 */
#ifndef INTERP_H
#define INTERP_H

#include "ops.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of a ref register: an even number of 8-byte units, so that the odd bit of its place is free. */
enum { INTERP_SLOT_SIZE = 48 };

/* How a value travels between registers, arguments and results. */
enum {
  INTERP_WORD = 0, /* 32 bits, of a float too */
  INTERP_PAIR = 1, /* 64 bits */
  INTERP_REF = 2,  /* a reference; the odd bit of its place asks to move it */
  INTERP_COUNT = 3 /* the length of a span: the number itself */
};

/* One value of a list of values. */
typedef struct interp_place {
  uint16_t kind;
  uint16_t place;
} interp_place;

typedef struct interp_function {
  const uint8_t* code;
  const uint32_t* offsets; /* in the bytecode, one for each unit of the code */
  const interp_place* arguments;
  uint32_t argument_count;
  uint32_t word_bytes; /* of its 32-bit registers, a multiple of 16 */
  uint32_t ref_count;
  uint32_t frame_bytes; /* counted against VM_STACK_LIMIT; 0 for a function that cannot call itself */
  uint32_t index;
} interp_function;

/* An import that the runtime implements, over values in the order of its convention. */
typedef vm_status (*interp_native_fn)(vm_instance* vm, const vm_value* arguments, vm_value* results);

typedef struct interp_program {
  vm_module module; /* first: instances point to it */
  const interp_function* functions;
  const interp_native_fn* natives; /* one an import; NULL where the embedder supplies it */
  const uint8_t* strings;
  const interp_function* initialize; /* or NULL */
  const interp_function* deinitialize;
  uint32_t scratch_count; /* values of the longest list of operands and results */
} interp_program;

/* For the tables of a decoded module. */
vm_status interp_invoke(vm_instance* vm, const vm_export* self, const vm_value* arguments, vm_value* results);
vm_status interp_initialize(vm_instance* vm);
vm_status interp_deinitialize(vm_instance* vm);

/* Also for these tables: the runtime's own imports and types, in the order in which transpile/interp lists them. */
extern const interp_native_fn interp_natives[];
extern const vm_type* const interp_types[];

/* What the first unit of a record must hold, by the number of its opcode: an address, or the number itself. */
const uintptr_t* interp_handlers(void);

#ifdef __cplusplus
}
#endif
#endif
