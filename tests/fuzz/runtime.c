/* The instructions on buffers, lists and globals in any order with any
 * operands: bytes are a program of their own. */
#include <string.h>

#include "ops.h"

enum { REFS = 4, STEPS = 256 };

typedef struct tape {
  const uint8_t* at;
  const uint8_t* end;
} tape;

static const uint8_t numbers[24] = {1, 2, 3};
static const vm_rodata rodata[] = {{numbers, 24, 0, 0}, {NULL, 0, 0, 0}};
static const vm_module module = {
    .name = "m", .rodata = rodata, .rodata_count = 2, .global_bytes = 20, .global_ref_count = 2};
static const vm_type* const types[] = {&vm_type_i8,     &vm_type_i16,    &vm_type_i32,
                                       &vm_type_i64,    &vm_type_f32,    &vm_type_f64,
                                       &vm_type_opaque, &vm_type_buffer, &vm_type_list};

static uint8_t byte(tape* program) { return program->at < program->end ? *program->at++ : 0; }

/* Mostly small, sometimes near an end of the range: where checks are. */
static int64_t number(tape* program) {
  uint8_t way = byte(program);
  int64_t value = way & 0x3F;
  switch (way >> 6) {
    case 0: return value;
    case 1: return -value;
    case 2: return (int64_t)((uint64_t)INT64_MAX - (uint64_t)value);
    default: return (int64_t)((uint64_t)value << (way % 64));
  }
}

static const vm_type* type(tape* program) { return types[byte(program) % (sizeof types / sizeof *types)]; }

/* An instruction's result replaces what a register held, if there is one. */
static void put(vm_ref* target, vm_ref made) {
  vm_release(target);
  *target = made;
}

static void on_buffers(vm_instance* vm, tape* program, vm_ref* refs, uint8_t what) {
  vm_ref* target = &refs[byte(program) % REFS];
  vm_span one = vm_buffer_span(*target), other = vm_buffer_span(refs[byte(program) % REFS]);
  int64_t a = number(program), b = number(program), c = number(program), wide;
  int32_t narrow;
  vm_ref made = NULL;
  double real;
  switch (what % 16) {
    case 0:
      if (vm_buffer_alloc(vm, a, (int32_t)b, &made) == VM_OK) put(target, made);
      break;
    case 1:
      if (vm_buffer_clone(vm, other, a, b, (int32_t)c, &made) == VM_OK) put(target, made);
      break;
    case 2: vm_buffer_copy(vm, one, a, other, b, c); break;
    case 3: vm_buffer_compare(vm, one, a, other, b, c, &narrow); break;
    case 4: vm_buffer_hash(vm, one, a, b, &wide); break;
    case 5: vm_buffer_fill_i8(vm, one, a, b, (int32_t)c); break;
    case 6: vm_buffer_fill_i64(vm, one, a, b, c); break;
    case 7: vm_buffer_load_i8_s(vm, one, a, &narrow); break;
    case 8: vm_buffer_load_i16_u(vm, one, a, &narrow); break;
    case 9: vm_buffer_load_i64(vm, one, a, &wide); break;
    case 10: vm_buffer_load_f64(vm, one, a, &real); break;
    case 11: vm_buffer_store_i8(vm, one, a, (int32_t)b); break;
    case 12: vm_buffer_store_i16(vm, one, a, (int32_t)b); break;
    case 13: vm_buffer_store_i32(vm, one, a, (int32_t)b); break;
    case 14: vm_buffer_store_i64(vm, one, a, b); break;
    default: vm_buffer_length(vm, one, &wide); break;
  }
}

static void on_lists(vm_instance* vm, tape* program, vm_ref* refs, uint8_t what) {
  vm_ref* list = &refs[byte(program) % REFS];
  vm_ref* other = &refs[byte(program) % REFS];
  int32_t a = (int32_t)number(program), size;
  int64_t b = number(program);
  vm_ref made = NULL;
  double real;
  switch (what % 10) {
    case 0:
      if (vm_list_alloc(vm, type(program), a, &made) == VM_OK) put(list, made);
      break;
    case 1: vm_list_reserve(vm, *list, a % 100000); break;
    case 2: vm_list_resize(vm, *list, a % 100000); break;
    case 3: vm_list_size(vm, *list, &size); break;
    case 4: vm_list_get_i64(vm, *list, a, &b); break;
    case 5: vm_list_set_i64(vm, *list, a, b); break;
    case 6: vm_list_get_f64(vm, *list, a, &real); break;
    case 7: vm_list_set_f64(vm, *list, a, (double)b); break;
    case 8:
      if (vm_list_get_ref(vm, *list, a, type(program), (int32_t)(b & 1), &made) == VM_OK) put(other, made);
      break;
    default:
      if (!*other || (*other)->type == &vm_type_buffer) { /* a list in itself, or in one in
                                                it, is never freed */
        vm_list_set_ref(vm, *list, a, *other);
      }
      break;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tape program = {data, data + size};
  vm_instance* vm = NULL;
  vm_ref refs[REFS] = {NULL};
  int step;
  if (vm_instance_create(&module, NULL, &vm)) return 0;
  for (step = 0; step < STEPS && program.at < program.end; ++step) {
    uint8_t what = byte(&program);
    if (what & 0x80)
      on_lists(vm, &program, refs, what & 0x7F);
    else
      on_buffers(vm, &program, refs, what);
  }
  for (step = 0; step < REFS; ++step) vm_release(&refs[step]);
  vm_instance_destroy(vm);
  return 0;
}
