/* SPDX-License-Identifier: Apache-2.0 */
/* The loop.  Its cases come from the table of instructions (cases.inc); what they mean is in ops.h.
 *
 *   INTERP_THREADED   1: every record holds the address of its case, which jumps to the next one itself (needs the
 *                     computed goto of gcc and clang).  0: a switch.
 */
#include "interp.h"

#include "frame.h"

#ifndef INTERP_THREADED
#if defined(__GNUC__) || defined(__clang__)
#define INTERP_THREADED 1
#else
#define INTERP_THREADED 0
#endif
#endif

#if INTERP_THREADED && !(defined(__GNUC__) || defined(__clang__))
#error "INTERP_THREADED=1 needs the computed goto of gcc or clang"
#endif

#if defined(__clang__)
#define INTERP_ONCE __attribute__((noinline))
#elif defined(__GNUC__)
#define INTERP_ONCE __attribute__((noinline, noclone))
#else
#define INTERP_ONCE
#endif

/* ---- operands of the record at pc ---------------------------------------------------------------------- */

#define U16(at)            (*(const uint16_t*)(const void*)(pc + (at)))
#define U32(at)            (*(const uint32_t*)(const void*)(pc + (at)))
#define U64(at)            (*(const uint64_t*)(const void*)(pc + (at)))

#define GET_I32(at)        interp_get_i32(words + U16(at))
#define GET_I64(at)        interp_get_i64(words + U16(at))
#define GET_F32(at)        interp_get_f32(words + U16(at))
#define GET_F64(at)        interp_get_f64(words + U16(at))
#define SET_I32(at, value) interp_set_i32(words + U16(at), (value))
#define SET_I64(at, value) interp_set_i64(words + U16(at), (value))
#define SET_F32(at, value) interp_set_f32(words + U16(at), (value))
#define SET_F64(at, value) interp_set_f64(words + U16(at), (value))

/* Registers whose operand never has the odd bit need no masking. */
#define GET_REF(at)          (((const interp_slot*)(const void*)(refs + (size_t)U16(at) * 8))->ref)
#define GET_SPAN(at)         (((const interp_slot*)(const void*)(refs + (size_t)U16(at) * 8))->span)
#define PEEK_REF(at)         (interp_slot_at(refs, U16(at))->ref)
#define SPEND_REF(at, value) interp_spend(refs, U16(at), (value))
#define SET_REF(at, value)   interp_set_ref(interp_slot_at(refs, U16(at)), (value))
#define MOVES(at)            interp_moves(U16(at))

#define TYPE(at)             (vm->module->types[U32(at)])
#define MODULE               ((const interp_program*)(const void*)vm->module)
#define STRING(at)           ((const char*)MODULE->strings + U32(at))
#define LIST(at)             ((const uint16_t*)(const void*)(pc + (at)))
#define PLACES(at)           ((const interp_place*)(const void*)(pc + (at)))

/* ---- control ------------------------------------------------------------------------------------------- */

#if INTERP_THREADED
#define CASE(name, number) \
  name:
#define DISPATCH() goto*(*(void* const*)(const void*)pc)
#else
#define CASE(name, number) case number:
#define DISPATCH()         goto next
#endif

#define NEXT(size) \
  do {             \
    pc += (size);  \
    DISPATCH();    \
  } while (0)

/* Lists end a record: `count` words behind its first `at` bytes. */
#define NEXT_BEHIND(at, count) NEXT(((at) + 2 * (size_t)(count) + 7) & ~(size_t)7)

/* Every so many jumps, of which loops are made, the call may be interrupted. */
#if VM_TURNS > 0
#define LOOK()                   \
  do {                           \
    if (VM_UNLIKELY(!--turns)) { \
      TRY(0, vm_look(vm));       \
      turns = VM_TURNS;          \
    }                            \
  } while (0)
#else
#define LOOK() ((void)turns)
#endif

#define JUMP_BY(distance)           \
  do {                              \
    const int32_t by = *(distance); \
    LOOK();                         \
    NEXT(by);                       \
  } while (0)

#define JUMP(at) JUMP_BY((const int32_t*)(const void*)(pc + (at)))

/* `part` tells the instructions of a fused record apart: each has an offset of its own in the bytecode. */
#define CHECK(part)                     \
  do {                                  \
    if (VM_UNLIKELY(status != VM_OK)) { \
      pc += (part)*8;                   \
      goto failed;                      \
    }                                   \
  } while (0)

#define TRY(part, expression) \
  do {                        \
    status = (expression);    \
    CHECK(part);              \
  } while (0)

/* ---- lists of values ----------------------------------------------------------------------------------- */

static void gather_words(void* target, const uint8_t* words, const uint16_t* list, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) memcpy((uint8_t*)target + i * 4, words + list[i], 4);
}

static void gather_pairs(void* target, const uint8_t* words, const uint16_t* list, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) memcpy((uint8_t*)target + i * 8, words + list[i], 8);
}

static void gather_refs(vm_ref* target, uint8_t* refs, const uint16_t* list, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) target[i] = interp_slot_at(refs, list[i])->ref;
}

static void spend_refs(const vm_ref* values, uint8_t* refs, const uint16_t* list, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) interp_spend(refs, list[i], values[i]);
}

static void clear_refs(uint8_t* refs, const uint16_t* list, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) interp_set_ref(interp_slot_at(refs, list[i]), NULL);
}

/* A value of the caller's as a value of the callee's. */
static void pass(interp_frame* callee, uint16_t place, interp_frame* caller, interp_place from) {
  switch (from.kind) {
    case INTERP_WORD:
      interp_set_i32(callee->words + place, interp_get_i32(caller->words + from.place));
      break;
    case INTERP_PAIR:
      interp_set_i64(callee->words + place, interp_get_i64(caller->words + from.place));
      break;
    default: interp_set_ref(interp_slot_at(callee->refs, place), interp_own(caller->refs, from.place)); break;
  }
}

/* A value from outside, into a register. */
static void receive(interp_frame* frame, interp_place place, vm_value value) {
  switch (place.kind) {
    case INTERP_WORD: interp_set_i32(frame->words + place.place, value.i32); break;
    case INTERP_PAIR: interp_set_i64(frame->words + place.place, value.i64); break;
    default: interp_set_ref(interp_slot_at(frame->refs, place.place), value.ref); break;
  }
}

/* A register's value for outside; a moved reference leaves the register, any other is lent. */
static vm_value send(interp_frame* frame, interp_place place) {
  vm_value value;
  switch (place.kind) {
    case INTERP_WORD: value.i32 = interp_get_i32(frame->words + place.place); break;
    case INTERP_PAIR: value.i64 = interp_get_i64(frame->words + place.place); break;
    case INTERP_COUNT: value.i32 = place.place; break;
    default: value.ref = interp_take(frame->refs, place.place); break;
  }
  return value;
}

/* ---- calls --------------------------------------------------------------------------------------------- */

static vm_status invoke_import(vm_instance* vm, uint32_t number, const vm_value* arguments,
                               vm_value* results) {
  const vm_import_binding* binding = &vm->imports[number];
  interp_native_fn native = MODULE->natives[number];
  if (native) return native(vm, arguments, results);
  if (binding->invoke) return binding->invoke(vm, binding->self, arguments, results);
  return vm_raise(vm, VM_NOT_FOUND, "import %s is not bound", vm->module->imports[number].name);
}

/* Arguments are lent to an import; those that are moved are released behind it. */
static vm_status call_import(vm_instance* vm, interp_frame* frame, uint32_t number,
                             const interp_place* places, uint32_t argument_count, uint32_t result_count,
                             vm_value* scratch) {
  vm_value* results = scratch + argument_count;
  vm_status status;
  uint32_t i;
  for (i = 0; i < argument_count; ++i) scratch[i] = send(frame, places[i]);
  memset(results, 0, result_count * sizeof(vm_value));
  status = invoke_import(vm, number, scratch, results);
  for (i = 0; i < argument_count; ++i) {
    if (places[i].kind == INTERP_REF) interp_give_back(places[i].place, scratch[i].ref);
  }
  if (status != VM_OK) return status;
  for (i = 0; i < result_count; ++i) receive(frame, places[argument_count + i], results[i]);
  return VM_OK;
}

/* Counts a frame's bytes as emitted C does, and makes the frame; the failure is the callee's. */
static vm_status enter(interp_stack* stack, const interp_function* function, interp_frame** frame) {
  vm_instance* vm = stack->vm;
  vm_status status = function->frame_bytes ? vm_enter(vm, function->frame_bytes) : VM_OK;
  if (status == VM_OK) {
    status = vm_turn(vm);
    if (status != VM_OK && function->frame_bytes) vm_leave(vm, function->frame_bytes);
  }
  if (status == VM_OK) {
    interp_frame* callee = interp_push(stack, function, *frame);
    if (callee) {
      *frame = callee;
      return VM_OK;
    }
    if (function->frame_bytes) vm_leave(vm, function->frame_bytes);
    status = vm_raise(vm, VM_RESOURCE_EXHAUSTED, "no memory for the registers of a function");
  }
  return vm_unwind(vm, status, function->index, 0);
}

static interp_frame* leave(interp_stack* stack, interp_frame* frame) {
  if (frame->function->frame_bytes) vm_leave(stack->vm, frame->function->frame_bytes);
  return interp_pop(stack, frame);
}

/* Makes the frame of a callee and passes the arguments: (kind, source, target) each. */
static vm_status call(interp_stack* stack, const interp_function* function, const uint16_t* arguments,
                      uint32_t count, interp_frame** frame) {
  interp_frame* caller = *frame;
  vm_status status = enter(stack, function, frame);
  uint32_t i;
  if (status != VM_OK) return status;
  for (i = 0; i < count; ++i, arguments += 3) {
    interp_place from;
    from.kind = arguments[0];
    from.place = arguments[1];
    pass(*frame, arguments[2], caller, from);
  }
  return VM_OK;
}

/* Results to a caller inside or outside of the module. */
static void hand_over(interp_frame* frame, const interp_place* places, uint32_t count,
                      const uint16_t* targets, vm_value* results) {
  uint32_t i;
  for (i = 0; i < count; ++i) {
    if (frame->caller) {
      pass(frame->caller, targets[i], frame, places[i]);
    } else if (places[i].kind == INTERP_REF) {
      results[i].ref = interp_own(frame->refs, places[i].place);
    } else {
      results[i] = send(frame, places[i]);
    }
  }
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

#define LOAD_FRAME()      \
  do {                    \
    pc = frame->pc;       \
    words = frame->words; \
    refs = frame->refs;   \
  } while (0)

/* Runs the function whose frame is on the stack until it returns.  Without a stack, only says where its cases are. */
static INTERP_ONCE vm_status execute(interp_stack* stack, interp_frame* frame, vm_value* scratch,
                                     vm_value* results, const uintptr_t** handlers) {
#include "handlers.inc"
  vm_instance* vm;
  vm_status status = VM_OK;
  const uint32_t zero = vm_opaque_zero();
  const uint8_t* pc;
  uint8_t* words;
  uint8_t* refs;
  uint32_t turns = VM_TURNS;
  if (!stack) {
    *handlers = (const uintptr_t*)(const void*)table;
    return VM_OK;
  }
  vm = stack->vm;
  LOAD_FRAME();
#if INTERP_THREADED
  DISPATCH();
#include "cases.inc"
#else
next:
  switch ((int)U64(0)) {
#include "cases.inc"
    default: return VM_INTERNAL;
  }
#endif

failed:
  for (;;) {
    const interp_function* function = frame->function;
    status = vm_unwind(vm, status, function->index, function->offsets[(size_t)(pc - function->code) / 8]);
    frame = leave(stack, frame);
    if (!frame) return status;
    pc = frame->pc;
  }
}

VM_EXPORT const uintptr_t* interp_handlers(void) {
  const uintptr_t* handlers = NULL;
  (void)execute(NULL, NULL, NULL, NULL, &handlers);
  return handlers;
}

/* ---- from outside -------------------------------------------------------------------------------------- */

enum { SCRATCH_ON_STACK = 32 };

static vm_status run(vm_instance* vm, const interp_function* function, const vm_value* arguments,
                     vm_value* results, vm_value* scratch) {
  interp_stack stack;
  interp_frame* frame = NULL;
  vm_status status;
  uint32_t i;
  interp_stack_begin(&stack, vm);
  status = enter(&stack, function, &frame);
  if (status == VM_OK) {
    for (i = 0; i < function->argument_count; ++i) {
      receive(frame, function->arguments[i], arguments[i]);
      if (function->arguments[i].kind == INTERP_REF) (void)vm_retain(arguments[i].ref);
    }
    status = execute(&stack, frame, scratch, results, NULL);
  }
  interp_stack_end(&stack);
  return status;
}

static vm_status start(vm_instance* vm, const interp_function* function, const vm_value* arguments,
                       vm_value* results) {
  const vm_allocator* allocator = vm->allocator;
  size_t count = MODULE->scratch_count;
  vm_value here[SCRATCH_ON_STACK];
  vm_value* scratch;
  vm_status status;
  if (count <= SCRATCH_ON_STACK) return run(vm, function, arguments, results, here);
  scratch = (vm_value*)allocator->allocate(allocator->self, count * sizeof(vm_value), 16);
  if (!scratch) {
    return vm_raise(vm, VM_RESOURCE_EXHAUSTED, "no memory for lists of %u values", (unsigned)count);
  }
  status = run(vm, function, arguments, results, scratch);
  allocator->release(allocator->self, scratch, count * sizeof(vm_value));
  return status;
}

VM_EXPORT vm_status interp_invoke(vm_instance* vm, const vm_export* self, const vm_value* arguments,
                                  vm_value* results) {
  return start(vm, (const interp_function*)self->data, arguments, results);
}

VM_EXPORT vm_status interp_initialize(vm_instance* vm) { return start(vm, MODULE->initialize, NULL, NULL); }
VM_EXPORT vm_status interp_deinitialize(vm_instance* vm) {
  return start(vm, MODULE->deinitialize, NULL, NULL);
}
