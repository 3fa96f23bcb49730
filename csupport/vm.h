/* SPDX-License-Identifier: Apache-2.0 */
/* Public header of the runtime: statuses, reference-counted objects, buffers, lists, modules and instances.
 *
 * A module is a constant description (tables of functions, imports, rodata); an instance holds all state and
 * is passed first to every function.  There are no globals: any number of instances may exist, each used by
 * one thread at a time.  Functions return a vm_status; on failure the instance's error says what went wrong
 * and where.
 */
#ifndef VM_H
#define VM_H

#include <stddef.h>
#include <stdint.h>

#include "vm_policy.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status -------------------------------------------------------------------------------------------- */

typedef int32_t vm_status; /* IREE's codes */
enum {
  VM_OK = 0,
  VM_CANCELLED = 1,
  VM_UNKNOWN = 2,
  VM_INVALID_ARGUMENT = 3,
  VM_DEADLINE_EXCEEDED = 4,
  VM_NOT_FOUND = 5,
  VM_ALREADY_EXISTS = 6,
  VM_PERMISSION_DENIED = 7,
  VM_RESOURCE_EXHAUSTED = 8,
  VM_FAILED_PRECONDITION = 9,
  VM_ABORTED = 10,
  VM_OUT_OF_RANGE = 11,
  VM_UNIMPLEMENTED = 12,
  VM_INTERNAL = 13,
  VM_UNAVAILABLE = 14,
  VM_DATA_LOSS = 15,
  VM_UNAUTHENTICATED = 16,
  VM_DEFERRED = 17,
  VM_INCOMPATIBLE = 18
};

const char* vm_status_name(vm_status status);

/* ---- allocation ---------------------------------------------------------------------------------------- */

/* Where memory comes from.  `allocate` returns zeroed memory aligned to `alignment` (a power of two), or
 * NULL. */
typedef struct vm_allocator {
  void* self;
  void* (*allocate)(void* self, size_t size, size_t alignment);
  void (*release)(void* self, void* memory, size_t size);
} vm_allocator;

#if VM_SYSTEM_ALLOCATOR
extern const vm_allocator vm_system_allocator; /* calloc and free */
#define VM_DEFAULT_ALLOCATOR (&vm_system_allocator)
#else
#define VM_DEFAULT_ALLOCATOR ((const vm_allocator*)NULL)
#endif

/* ---- objects ------------------------------------------------------------------------------------------- */

typedef enum vm_type_kind {
  VM_TYPE_I8,
  VM_TYPE_I16,
  VM_TYPE_I32,
  VM_TYPE_I64,
  VM_TYPE_F32,
  VM_TYPE_F64,
  VM_TYPE_OPAQUE, /* as an element type: any value; in a type check: matches only null */
  VM_TYPE_REF
} vm_type_kind;

typedef struct vm_object vm_object;
typedef vm_object* vm_ref; /* NULL is the null reference */

/* A type is identified by the address of its descriptor. */
typedef struct vm_type {
  const char* name; /* as in the module's type table: "i32", "!vm.buffer" */
  vm_type_kind kind;
  void (*destroy)(vm_object* object); /* called when the last reference goes; NULL for value types */
} vm_type;

struct vm_object {
  const vm_type* type;
  const vm_allocator* allocator; /* NULL: immortal, never counted (rodata) */
  uint32_t references;
};

extern const vm_type vm_type_i8, vm_type_i16, vm_type_i32, vm_type_i64, vm_type_f32, vm_type_f64;
extern const vm_type vm_type_opaque, vm_type_buffer, vm_type_list;

void vm_destroy(vm_ref ref); /* the slow path of vm_release: the count has reached 0 */

/* Takes one more reference; null is allowed.  Returns its argument. */
VM_INLINE vm_ref vm_retain(vm_ref ref) {
  if (ref && ref->allocator) {
#if VM_ATOMIC_REFS
    __atomic_fetch_add(&ref->references, 1u, __ATOMIC_RELAXED);
#else
    ref->references += 1u;
#endif
  }
  return ref;
}

/* Gives one reference back and sets the variable to null. */
void vm_release(vm_ref* ref);

/* ---- buffers ------------------------------------------------------------------------------------------- */

/* Private: an instance's own copy of a constant, read-only as a buffer, writable once it is imported by the HAL. */
enum { VM_ACCESS_MUTABLE = 1u, VM_ACCESS_PRIVATE = 2u };

/* Bytes of fixed address and length.  `owner` is what keeps the bytes alive (NULL: the object itself or
 * nobody). */
typedef struct vm_buffer {
  vm_object object;
  uint8_t* data;
  uint64_t length; /* bytes */
  uint32_t access;
  vm_ref owner;
  size_t block_size; /* bytes of the allocation this object is in, its own data included */
} vm_buffer;

/* New zero-filled mutable buffer; `alignment` is 0 or a power of two (at least 16 is used). */
vm_status vm_buffer_create(const vm_allocator* allocator, uint64_t length, uint32_t alignment,
                           vm_buffer** result);

/* New buffer object over bytes that `owner` (retained) keeps alive.  When `owner` is itself such a buffer,
 * its owner is retained instead, so that chains of views do not build up. */
vm_status vm_buffer_wrap(const vm_allocator* allocator, uint8_t* data, uint64_t length, uint32_t access,
                         vm_ref owner, vm_buffer** result);

/* ---- lists --------------------------------------------------------------------------------------------- */

typedef union vm_value {
  int32_t i32;
  int64_t i64;
  float f32;
  double f64;
  vm_ref ref;
} vm_value;

/* A value that knows its type: `type` is NULL for an empty variant. */
typedef struct vm_variant {
  const vm_type* type;
  vm_value value;
} vm_variant;

typedef struct vm_list vm_list;

/* `element_type` is a value type, a ref type, or vm_type_opaque for a list of variants. */
vm_status vm_list_create(const vm_allocator* allocator, const vm_type* element_type, uint32_t capacity,
                         vm_list** result);
uint32_t vm_list_count(const vm_list* list);
vm_status vm_list_append(vm_list* list, vm_variant value);                     /* retains a ref */
vm_status vm_list_at(const vm_list* list, uint32_t index, vm_variant* result); /* borrowed */

/* ---- errors -------------------------------------------------------------------------------------------- */

enum { VM_MESSAGE_CAPACITY = 240, VM_FRAME_CAPACITY = 16 };

typedef struct vm_frame {
  const char* module;
  const char* function; /* or NULL when only the ordinal is known */
  uint32_t ordinal;
  uint32_t offset;      /* of the failing instruction, bytes from the function's start */
  const char* location; /* source location, or NULL */
} vm_frame;

typedef struct vm_error {
  vm_status status;
  uint32_t frame_count; /* frames seen; at most VM_FRAME_CAPACITY are kept, innermost first */
  char message[VM_MESSAGE_CAPACITY];
  vm_frame frames[VM_FRAME_CAPACITY];
} vm_error;

/* ---- modules ------------------------------------------------------------------------------------------- */

typedef struct vm_instance vm_instance;
typedef struct vm_piece vm_piece;
typedef struct vm_module vm_module;
typedef struct vm_export vm_export;

typedef struct vm_attribute {
  const char* key;
  const char* value;
} vm_attribute;

/* Arguments in the order of the calling convention, spans flattened with an i32 count before them.  Argument
 * refs are borrowed; result refs are owned by the caller. */
typedef vm_status (*vm_invoke_fn)(vm_instance* vm, const vm_export* self, const vm_value* arguments,
                                  vm_value* results);

/* What a call may do with the memory behind an argument, and whose memory a result may be.  A view that neither is
 * written nor kept can show memory that others use at the same time. */
enum {
  VM_ARGUMENT_WRITTEN = 1, /* its bytes */
  VM_ARGUMENT_KEPT = 2,    /* beyond the call: in a global, a list, by an import */
  VM_ARGUMENT_RETURNED = 4 /* a result may be of the same memory */
};
enum { VM_RESULT_SHARED = 1 }; /* with a global, a constant or an archive of parameters */

struct vm_export {
  const char* name;
  const char* convention; /* "0rr_r" */
  const char* uses; /* "05_1": a digit of VM_ARGUMENT_… an argument, of VM_RESULT_… a result; NULL: unknown */
  vm_invoke_fn invoke;
  const void* data; /* for `invoke`'s own use */
  const vm_attribute* attributes;
  uint32_t attribute_count;
};

typedef struct vm_import {
  const char* name; /* "module.function" */
  const char* convention;
  int32_t optional; /* the module works without it */
  int32_t native;   /* the runtime implements it; the embedder need not */
} vm_import;

/* An import as supplied by the embedder: `invoke` takes any convention's values in an array; `typed` is a function of
 * the type that the generated header gives the import (see <prefix>_bind there).  One of them is enough. */
typedef struct vm_import_binding {
  vm_status (*invoke)(vm_instance* vm, void* self, const vm_value* arguments, vm_value* results);
  void* self;
  void (*typed)(void);
} vm_import_binding;

/* A constant segment; without `data` it lies at `offset` of the file of constants. */
typedef struct vm_rodata {
  const uint8_t* data;
  uint64_t length;
  uint64_t offset;
  int32_t is_written; /* by a program that imports it as a buffer: each instance has a copy */
} vm_rodata;

/* The bytes of a file of constants, which must be there as long as instances use them.  `open` maps the file. */
typedef struct vm_constants {
  const uint8_t* data; /* aligned to 64 */
  uint64_t length;
} vm_constants;

vm_status vm_constants_open(const char* path, vm_constants* result); /* NOT_FOUND, DATA_LOSS */
void vm_constants_close(vm_constants* constants);

typedef struct vm_location {
  uint32_t offset; /* first instruction it belongs to */
  const char* text;
} vm_location;

typedef struct vm_function_info {
  const char* name;
  const vm_location* locations; /* sorted by offset; may be NULL */
  uint32_t location_count;
} vm_function_info;

/* What only errors say of a module. */
#if VM_DIAGNOSTICS > 0
#define VM_SAID(functions) (functions)
#else
#define VM_SAID(functions) NULL
#endif

struct vm_module {
  const char* name;
  const vm_export* exports;
  const vm_import* imports;
  const vm_rodata* rodata;
  const vm_type* const* types;
  const vm_function_info* functions; /* NULL, and their count 0, at VM_DIAGNOSTICS 0 */
  uint32_t export_count, import_count, rodata_count, type_count, function_count;
  uint32_t global_bytes, global_ref_count;
  vm_status (*initialize)(vm_instance* vm);             /* the module's __init, or NULL */
  vm_status (*deinitialize)(vm_instance* vm);           /* its __deinit, or NULL */
  const struct hal_executable_code* const* executables; /* of the segments that are nested modules; or NULL */
  uint32_t
      vector_bytes; /* of the widest vectors its loop nests have a version for; 0: they have one version */
};

/* Asked every so often by calls that last, on their thread: any status but VM_OK ends the call with that status. */
typedef vm_status (*vm_poll)(vm_instance* vm, void* self);

struct vm_instance {
  const vm_module* module;
  const vm_allocator* allocator;
  uint8_t* globals; /* module->global_bytes of them, 16-byte aligned */
  vm_ref* global_refs;
  vm_buffer* rodata; /* one immortal read-only buffer object a segment */
  vm_import_binding* imports;
  uint32_t stack_used;  /* bytes of VM stack in use by active calls */
  uint32_t stack_limit; /* bytes of C stack that a call from outside may use */
  uintptr_t stack_end;  /* where calls stop on the C stack of the thread that runs the call; 0: nowhere */
  uint32_t turns;       /* of recursion and of functions with loops, until the next look at `interrupted` */
  uint32_t interrupted; /* by vm_interrupt, from any thread */
  vm_poll poll;         /* or NULL */
  void* poll_self;
  vm_instance* caller; /* whose dispatch runs on this copy of an instance, or NULL */
  long process;        /* in which OpenMP made threads for this instance; 0: none have been made */
  uint32_t threads;    /* a dispatch may use; 0: as many as OpenMP says */
  uint32_t devices;    /* that the module finds: all of them this CPU */
  uint32_t cpu;        /* VM_CPU_... of nest.h: what versions of loop nests may need */
  void* scratch;       /* for the packed copies of a loop nest, kept for the next one */
  uint64_t scratch_bytes;
  vm_piece* claims;                       /* where vm_claim finds memory: the piece in use, */
  vm_piece* spare;                        /* and one that is kept for the next time */
  uint32_t claimed;                       /* bytes, by active calls */
  const struct io_parameters* parameters; /* for the module io_parameters; or NULL */
  void* user;                             /* the embedder's */
  vm_error error;
};

VM_INLINE int32_t vm_is_bound(const vm_import_binding* binding) { return binding->invoke || binding->typed; }

typedef struct vm_options {
  const vm_allocator* allocator;    /* NULL: vm_system_allocator, if there is one */
  const vm_import_binding* imports; /* one per import, or NULL; an entry without a function is unbound */
  void* user;
  uint32_t threads; /* a dispatch may use: 1 is the calling one; 0: OpenMP decides (OMP_NUM_THREADS) */
  const struct io_parameters*
      parameters;         /* where io_parameters.* finds values, or NULL; see io_parameters.h */
  vm_constants constants; /* for a module that keeps constants in a file */
  uint32_t
      vector_bytes; /* that loop nests with versions for several widths may use at most; 0: what the CPU has */
  uint32_t
      devices; /* that the module finds, for programs compiled for several: all of them this CPU; 0: one */
  uint32_t
      stack_limit; /* bytes of C stack a call may use, at least 2 * VM_STACK_RESERVE; 0: VM_STACK_DEFAULT */
  vm_poll poll;    /* what long calls ask whether to go on, or NULL */
  void* poll_self;
} vm_options;

enum { HAL_DEVICE_LIMIT = 64 }; /* what an affinity, a word of bits, can name */

/* Makes an instance and runs the module's initialiser.  When that fails, `*result` is still set (so that its
 * error can be read) and must be destroyed; it is NULL only when memory ran out.  The module, its rodata and the
 * allocator must outlive the instance, and the instance every reference to its rodata buffers. */
vm_status vm_instance_create(const vm_module* module, const vm_options* options, vm_instance** result);
void vm_instance_destroy(vm_instance* vm);

const vm_export* vm_find_export(const vm_module* module, const char* name); /* NULL if there is none */
vm_status vm_invoke(vm_instance* vm, const vm_export* function, const vm_value* arguments, vm_value* results);
const vm_error* vm_last_error(const vm_instance* vm);

/* Ends the call that runs, if any, with VM_CANCELLED before long: when a loop of the module or a call of it turns.
 * Safe in signal handlers and from other threads. */
void vm_interrupt(vm_instance* vm);

/* What the generated entry points do around a call from outside; vm_invoke does it too. */
typedef struct vm_outer {
  uintptr_t stack_end;
  uint32_t stack_used;
} vm_outer;

vm_outer vm_call_begin(vm_instance* vm);
vm_status vm_call_end(vm_instance* vm, vm_outer outer, vm_status status);

/* Writes "STATUS; message; backtrace" as IREE words it; returns the length that was needed. */
size_t vm_error_format(const vm_error* error, char* text, size_t capacity);

/* ---- failure, for generated code and imports ----------------------------------------------------------- */

/* Records status and message (printf style, may be NULL) and returns the status.  Cold.  Below VM_DIAGNOSTICS
 * 2 only the status is kept, and neither the message nor its arguments cost any code. */
VM_COLD vm_status vm_raise(vm_instance* vm, vm_status status, const char* format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;
#if VM_DIAGNOSTICS < 2
#define vm_raise(vm, status, ...) ((void)sizeof((vm_raise)((vm), (status), __VA_ARGS__)), (vm_status)(status))
#endif

/* Adds a frame to the error's backtrace and returns the status; every function calls it once on its failing
 * path.  A status that nobody has recorded yet (a bare code) gets its fixed text here. */
VM_COLD vm_status vm_unwind(vm_instance* vm, vm_status status, uint32_t function, uint32_t offset);

#ifdef __cplusplus
}
#endif
#endif
