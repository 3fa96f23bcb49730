/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

enum { INTERP_PIECE_SIZE = 1 << 16 };

static size_t frame_size(const interp_function* function) {
  size_t header = (sizeof(interp_frame) + 15) & ~(size_t)15;
  return header + function->word_bytes +
         (((size_t)function->ref_count * sizeof(interp_slot) + 15) & ~(size_t)15);
}

void interp_stack_begin(interp_stack* stack, vm_instance* vm) {
  stack->vm = vm;
  stack->top = &stack->first;
  stack->first.below = NULL;
  stack->first.above = NULL;
  stack->first.data = (uint8_t*)(((uintptr_t)stack->space + 15) & ~(uintptr_t)15);
  stack->first.size = sizeof stack->space - 16;
  stack->first.used = 0;
}

static void release_above(interp_stack* stack, interp_piece* piece) {
  const vm_allocator* allocator = stack->vm->allocator;
  while (piece->above) {
    interp_piece* next = piece->above;
    piece->above = next->above;
    allocator->release(allocator->self, next, sizeof(interp_piece) + 16 + next->size);
  }
}

void interp_stack_end(interp_stack* stack) { release_above(stack, &stack->first); }

/* Goes on to a piece with room for `size` bytes. */
static int grow(interp_stack* stack, size_t size) {
  const vm_allocator* allocator = stack->vm->allocator;
  interp_piece* piece = stack->top->above;
  if (!piece || piece->size < size) {
    size_t capacity = size > INTERP_PIECE_SIZE ? size : INTERP_PIECE_SIZE;
    release_above(stack, stack->top);
    piece = (interp_piece*)allocator->allocate(allocator->self, sizeof(interp_piece) + 16 + capacity, 16);
    if (!piece) return 0;
    piece->data = (uint8_t*)(((uintptr_t)(piece + 1) + 15) & ~(uintptr_t)15);
    piece->size = capacity;
    piece->below = stack->top;
    stack->top->above = piece;
  }
  piece->used = 0;
  stack->top = piece;
  return 1;
}

interp_frame* interp_push(interp_stack* stack, const interp_function* function, interp_frame* caller) {
  size_t size = frame_size(function);
  interp_frame* frame;
  uint32_t i;
  if (size > stack->top->size - stack->top->used && !grow(stack, size)) return NULL;
  frame = (interp_frame*)(void*)(stack->top->data + stack->top->used);
  stack->top->used += size;
  memset(frame, 0, size);
  frame->caller = caller;
  frame->function = function;
  frame->pc = function->code;
  frame->words = (uint8_t*)frame + ((sizeof(interp_frame) + 15) & ~(size_t)15);
  frame->refs = frame->words + function->word_bytes;
  for (i = 0; i < function->ref_count; ++i) ((interp_slot*)(void*)frame->refs)[i].span = vm_buffer_span(NULL);
  return frame;
}

interp_frame* interp_pop(interp_stack* stack, interp_frame* frame) {
  interp_slot* slots = (interp_slot*)(void*)frame->refs;
  interp_frame* caller = frame->caller;
  uint32_t i;
  for (i = 0; i < frame->function->ref_count; ++i) {
    if (slots[i].ref) vm_release(&slots[i].ref);
  }
  stack->top->used = (size_t)((uint8_t*)frame - stack->top->data);
  if (stack->top->used == 0 && stack->top->below) stack->top = stack->top->below;
  return caller;
}
