/* A module as emitted C would describe it, written by hand: what calls from Python are tested against. */
#include <string.h>
#include <time.h>

#include "hal.h"
#include "vm.h"

#define INVOKE(name) \
  static vm_status name(vm_instance* vm, const vm_export* self, const vm_value* arguments, vm_value* results)
#define UNUSED (void)vm, (void)self, (void)arguments, (void)results

INVOKE(add) {
  UNUSED;
  results[0].i32 = (int32_t)((uint32_t)arguments[0].i32 + (uint32_t)arguments[1].i32);
  return VM_OK;
}

INVOKE(scalars) {
  UNUSED;
  memcpy(results, arguments, 4 * sizeof *results);
  return VM_OK;
}

/* f32 tensor to its squares */
INVOKE(square) {
  hal_buffer_view* view = hal_cast_view(arguments[0].ref);
  hal_buffer* buffer = NULL;
  hal_buffer_view* result = NULL;
  vm_ref unused;
  vm_status status;
  uint64_t i;
  UNUSED;
  if (!view) return vm_unwind(vm, vm_raise(vm, VM_INVALID_ARGUMENT, "input0 is no view"), 0, 12);
  if (hal_buffer_view_element_type(view) != HAL_F32) {
    return vm_unwind(vm, vm_raise(vm, VM_INVALID_ARGUMENT, "input0 element type mismatch"), 0, 24);
  }
  status = hal_buffer_allocate(vm->allocator, hal_buffer_view_length(view), 0, &buffer);
  if (status) return status;
  for (i = 0; i < hal_buffer_view_length(view) / 4; ++i) {
    const float x = ((const float*)hal_buffer_view_data(view))[i];
    ((float*)hal_buffer_data(buffer))[i] = x * x;
  }
  status = hal_buffer_view_create(vm->allocator, buffer, HAL_F32, HAL_ENCODING_DENSE, hal_buffer_view_rank(view),
                                  hal_buffer_view_dims(view), &result);
  unused = &buffer->object;
  vm_release(&unused);
  results[0].ref = result ? &result->object : NULL;
  return status;
}

INVOKE(identity) {
  UNUSED;
  results[0].ref = vm_retain(arguments[0].ref);
  return VM_OK;
}

/* the buffer under a view, or a buffer given as one */
INVOKE(bare) {
  hal_buffer_view* view = hal_cast_view(arguments[0].ref);
  UNUSED;
  results[0].ref = vm_retain(view ? &view->buffer->object : arguments[0].ref);
  return VM_OK;
}

INVOKE(fail) {
  UNUSED;
  vm_raise(vm, arguments[0].i32, "failed with %d on purpose", arguments[0].i32);
  vm_unwind(vm, arguments[0].i32, 0, 36);
  return vm_unwind(vm, arguments[0].i32, 1, 7);
}

/* state: a counter, and an object that is kept */
INVOKE(count) {
  int64_t total;
  UNUSED;
  memcpy(&total, vm->globals, 8);
  total += arguments[0].i64;
  memcpy(vm->globals, &total, 8);
  results[0].i64 = total;
  return VM_OK;
}

INVOKE(keep) {
  vm_ref old = vm->global_refs[0];
  UNUSED;
  vm->global_refs[0] = vm_retain(arguments[0].ref);
  vm_release(&old);
  return VM_OK;
}

INVOKE(kept) {
  UNUSED;
  results[0].ref = vm_retain(vm->global_refs[0]);
  return VM_OK;
}

/* writes a byte into a vm.buffer and returns it with its length */
INVOKE(poke) {
  vm_buffer* buffer = (vm_buffer*)arguments[0].ref;
  UNUSED;
  if (!buffer || buffer->object.type != &vm_type_buffer) return vm_raise(vm, VM_INVALID_ARGUMENT, "no buffer");
  if (!(buffer->access & VM_ACCESS_MUTABLE)) return VM_PERMISSION_DENIED;
  buffer->data[0] = 42;
  results[0].i64 = (int64_t)buffer->length;
  results[1].ref = vm_retain(arguments[0].ref);
  return VM_OK;
}

INVOKE(constant) {
  UNUSED;
  results[0].ref = vm_retain(&vm->rodata[0].object);
  return VM_OK;
}

/* the list with its length appended */
INVOKE(grow) {
  vm_variant count = {&vm_type_i32, {0}};
  UNUSED;
  if (!arguments[0].ref || arguments[0].ref->type != &vm_type_list) {
    return vm_raise(vm, VM_INVALID_ARGUMENT, "no list");
  }
  count.value.i32 = (int32_t)vm_list_count((vm_list*)arguments[0].ref);
  results[0].ref = vm_retain(arguments[0].ref);
  return vm_list_append((vm_list*)arguments[0].ref, count);
}

static vm_status call_import(vm_instance* vm, uint32_t ordinal, const vm_value* arguments, vm_value* results) {
  const vm_import_binding* binding = &vm->imports[ordinal];
  if (!binding->invoke) return VM_NOT_FOUND;
  return binding->invoke(vm, binding->self, arguments, results);
}

INVOKE(twice) {
  vm_status status;
  UNUSED;
  status = call_import(vm, 0, arguments, results);
  return status ? vm_unwind(vm, status, 1, 3) : VM_OK;
}

INVOKE(mapped) {
  UNUSED;
  return call_import(vm, 1, arguments, results);
}

/* passes the span [(a, b), (b, a)] */
INVOKE(spanned) {
  vm_value flat[5];
  UNUSED;
  flat[0].i32 = 2;
  flat[1].i32 = flat[4].i32 = arguments[0].i32;
  flat[2].i64 = flat[3].i64 = 0;
  flat[2].i64 = arguments[1].i64;
  flat[3].i32 = (int32_t)arguments[1].i64;
  flat[4].i64 = arguments[0].i32;
  return call_import(vm, 2, flat, results);
}

/* an async function: signals nothing, returns whether its fences are null */
INVOKE(later) {
  UNUSED;
  results[0].i32 = arguments[0].i32 * 10 + (!arguments[1].ref && !arguments[2].ref);
  return VM_OK;
}

/* waits until somebody writes the view's first byte; gives up after a while */
INVOKE(wait) {
  const volatile uint8_t* data = hal_buffer_view_data(hal_cast_view(arguments[0].ref));
  clock_t start = clock();
  UNUSED;
  while (!*data) {
    if (clock() - start > 20 * (clock_t)CLOCKS_PER_SEC) return VM_DEADLINE_EXCEEDED;
  }
  results[0].i32 = *data;
  return VM_OK;
}

static vm_status initialize(vm_instance* vm) {
  int64_t start = 100;
  memcpy(vm->globals, &start, 8);
  return VM_OK;
}

static const vm_attribute square_attributes[] = {
    {"iree.abi.declaration", "sync func @square(%x: tensor<?xf32>) -> (%y: tensor<?xf32>)"}};

static const vm_export exports[] = {
    {"add", "0ii_i", "00_0", add, NULL, NULL, 0},
    {"scalars", "0iIfF_iIfF", "0000_0000", scalars, NULL, NULL, 0},
    {"square", "0r_r", "0_0", square, NULL, square_attributes, 1},
    {"identity", "0r_r", "4_0", identity, NULL, NULL, 0},
    {"bare", "0r_r", "4_0", bare, NULL, NULL, 0},
    {"fail", "0i_v", "0_", fail, NULL, NULL, 0},
    {"count", "0I_I", "0_0", count, NULL, NULL, 0},
    {"keep", "0r_v", "2_", keep, NULL, NULL, 0},
    {"kept", "0v_r", "_1", kept, NULL, NULL, 0},
    {"poke", "0r_Ir", "5_00", poke, NULL, NULL, 0},
    {"constant", "0v_r", "_1", constant, NULL, NULL, 0},
    {"grow", "0r_r", "4_0", grow, NULL, NULL, 0},
    {"twice", "0i_i", "0_0", twice, NULL, NULL, 0},
    {"mapped", "0r_r", NULL, mapped, NULL, NULL, 0},
    {"spanned", "0iI_I", "00_0", spanned, NULL, NULL, 0},
    {"later", "0irr_i", "000_0", later, NULL, NULL, 0},
    {"wait", "0r_i", "0_0", wait, NULL, NULL, 0},
    {"exports", "0ii_i", "00_0", add, NULL, NULL, 0},
};

static const vm_import imports[] = {
    {"host.twice", "0i_i", 0},
    {"host.map", "0r_r", 1},
    {"host.span", "0CiID_I", 1},
};

static const uint8_t text[] = "read only";
static const vm_rodata rodata[] = {{text, 9, 0, 0}};
static const vm_location locations[] = {{0, "model.mlir:1:1"}, {30, "model.mlir:2:3"}};
static const vm_function_info functions[] = {{"fail", locations, 2}, {"main", NULL, 0}};

__attribute__((visibility("default"))) extern const vm_module handmade_module;
const vm_module handmade_module = {
    "handmade", exports, imports, rodata, NULL, functions, sizeof exports / sizeof *exports, 3, 1, 0, 2, 8, 1,
    initialize, NULL};
