/* SPDX-License-Identifier: Apache-2.0 */
/* Registers, and the stack that they are on. */
#ifndef INTERP_FRAME_H
#define INTERP_FRAME_H

#include "interp.h"

/* A ref register.  The span is that of `ref` at any time: accesses to buffers need not look at the object. */
typedef struct interp_slot {
  vm_ref ref;
  vm_span span;
  uint8_t unused[INTERP_SLOT_SIZE - sizeof(vm_ref) - sizeof(vm_span)];
} interp_slot;

typedef char interp_slot_has_its_size[sizeof(interp_slot) == INTERP_SLOT_SIZE ? 1 : -1];

typedef struct interp_frame {
  struct interp_frame* caller;
  const interp_function* function;
  const uint8_t* pc; /* of the call, while it runs */
  uint8_t* words;
  uint8_t* refs;
} interp_frame;

/* Memory for frames; the first piece is on the C stack, others come as recursion needs them. */
typedef struct interp_piece {
  struct interp_piece* below;
  struct interp_piece* above; /* kept from deeper calls, or NULL */
  uint8_t* data;
  size_t size;
  size_t used;
} interp_piece;

typedef struct interp_stack {
  vm_instance* vm;
  interp_piece* top;
  interp_piece first;
  uint64_t space[512];
} interp_stack;

void interp_stack_begin(interp_stack* stack, vm_instance* vm);
void interp_stack_end(interp_stack* stack);

/* A frame with all registers zero and null; NULL when there is no more memory. */
interp_frame* interp_push(interp_stack* stack, const interp_function* function, interp_frame* caller);

/* Releases the frame's references; returns its caller. */
interp_frame* interp_pop(interp_stack* stack, interp_frame* frame);

/* ---- words --------------------------------------------------------------------------------------------- */

VM_INLINE int32_t interp_get_i32(const uint8_t* place) {
  int32_t value;
  memcpy(&value, place, 4);
  return value;
}

VM_INLINE int64_t interp_get_i64(const uint8_t* place) {
  int64_t value;
  memcpy(&value, place, 8);
  return value;
}

VM_INLINE float interp_get_f32(const uint8_t* place) {
  float value;
  memcpy(&value, place, 4);
  return value;
}

VM_INLINE double interp_get_f64(const uint8_t* place) {
  double value;
  memcpy(&value, place, 8);
  return value;
}

VM_INLINE void interp_set_i32(uint8_t* place, int32_t value) { memcpy(place, &value, 4); }
VM_INLINE void interp_set_i64(uint8_t* place, int64_t value) { memcpy(place, &value, 8); }
VM_INLINE void interp_set_f32(uint8_t* place, float value) { memcpy(place, &value, 4); }
VM_INLINE void interp_set_f64(uint8_t* place, double value) { memcpy(place, &value, 8); }

/* ---- references ---------------------------------------------------------------------------------------- */

/* The register of an operand: in units of 8 bytes, of which a register has an even number; the odd bit asks to
 * move the reference out of it. */
VM_INLINE interp_slot* interp_slot_at(uint8_t* refs, uint32_t operand) {
  return (interp_slot*)(void*)(refs + (size_t)(operand & ~1u) * 8);
}

VM_INLINE int interp_moves(uint32_t operand) { return (int)(operand & 1u); }

/* Puts an owned reference into a register and releases what was there. */
VM_INLINE void interp_set_ref(interp_slot* slot, vm_ref value) {
  vm_ref old = slot->ref;
  slot->ref = value;
  slot->span = vm_buffer_span(value);
  if (old) vm_release(&old);
}

/* Reads an operand; when it is moved the register is emptied and interp_give_back owes a release. */
VM_INLINE vm_ref interp_take(uint8_t* refs, uint32_t operand) {
  interp_slot* slot = interp_slot_at(refs, operand);
  vm_ref value = slot->ref;
  if (interp_moves(operand)) {
    slot->ref = NULL;
    slot->span = vm_buffer_span(NULL);
  }
  return value;
}

VM_INLINE void interp_give_back(uint32_t operand, vm_ref value) {
  if (interp_moves(operand)) vm_release(&value);
}

/* Behind an instruction: the register of an operand that was moved is emptied.  Until then the instruction's other
 * operands, which may be the same register, find it there; it is emptied once. */
VM_INLINE void interp_spend(uint8_t* refs, uint32_t operand, vm_ref value) {
  interp_slot* slot = interp_slot_at(refs, operand);
  if (!interp_moves(operand) || !value || slot->ref != value) return;
  slot->ref = NULL;
  slot->span = vm_buffer_span(NULL);
  vm_release(&value);
}

/* Reads an operand as a reference of one's own. */
VM_INLINE vm_ref interp_own(uint8_t* refs, uint32_t operand) {
  vm_ref value = interp_take(refs, operand);
  return interp_moves(operand) ? value : vm_retain(value);
}

#endif
