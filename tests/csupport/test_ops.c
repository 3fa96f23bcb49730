/* The instructions' meaning at the edges, on lists, buffers, references and errors. */
#include "check.h"

static const uint8_t numbers[24] = {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0};
static const vm_rodata rodata[] = {{numbers, 24, 0, 0}, {NULL, 0, 0, 0}};
static const vm_import imports[] = {{.name = "m.f", .convention = "0v_v", .optional = 1}};
static const vm_location locations[] = {{4, "a.mlir:1:1"}, {9, "a.mlir:2:3"}};
static const vm_function_info functions[] = {{"outer", NULL, 0}, {"inner", locations, 2}, {NULL, NULL, 0}};
static const vm_module module = {.name = "m",
                                 .imports = imports,
                                 .rodata = rodata,
                                 .functions = functions,
                                 .import_count = 1,
                                 .rodata_count = 2,
                                 .function_count = 3,
                                 .global_bytes = 20,
                                 .global_ref_count = 2};

/* ---- numbers ---- */

static void test_float_to_integer(void) {
  CHECK_INT(vm_cast_f32_si32(2.5f), 3);
  CHECK_INT(vm_cast_f32_si32(-2.5f), -3);
  CHECK_INT(vm_cast_f32_si32(0.49999997f), 0);
  CHECK_INT(vm_cast_f32_si32(1e10f), 1410065408);
  CHECK_INT(vm_cast_f32_si32(3e9f), -1294967296);
  CHECK_INT(vm_cast_f32_ui32(3e9f), -1294967296);
  CHECK_INT(vm_cast_f32_si32(NAN), 0);
  CHECK_INT(vm_cast_f32_si32(INFINITY), 0);
  CHECK_INT(vm_cast_f32_si32(1e30f), 0);
  CHECK_INT(vm_cast_f64_si32(16777217.0), 16777216);
  CHECK_INT(vm_cast_f64_si32(2147483647.0), INT32_MIN);
  CHECK_INT(vm_cast_f64_ui32(4294967295.0), 0);
  CHECK_INT(vm_cast_f64_si32(1e300), 0);
  CHECK_INT(vm_cast_f32_si64(NAN), INT64_MIN);
  CHECK_INT(vm_cast_f32_si64(1e30f), INT64_MIN);
  CHECK_INT(vm_cast_f64_si64(-9223372036854775808.0), INT64_MIN);
  CHECK_INT(vm_cast_f64_si64(9223372036854774784.0), 9223372036854774784);
  CHECK_INT(vm_cast_f64_ui64(1e19), INT64_MIN);
  CHECK_INT(vm_cast_f32_ui64(-1.0f), -1);
  CHECK_INT((uint64_t)vm_cast_f32_ui64(1.5e19f), (uint64_t)1.5e19f);
  CHECK_INT(vm_cast_ui32_f64(-1) == 4294967295.0, 1);
  CHECK_INT(vm_cast_si32_f64(-1) == -1.0, 1);
}

static void test_rounding(void) {
  CHECK(vm_round_f32_even(-0.5f) == 0.0f && !signbit(vm_round_f32_even(-0.5f)));
  CHECK(signbit(vm_round_f32_even(-0.25f)));
  CHECK(vm_round_f64_even(2.5) == 2.0 && vm_round_f64_even(-3.5) == -4.0);
  CHECK(!signbit(vm_round_f64_even(-0.5)));
  for (uint64_t bits = 0; bits < (uint64_t)1 << 32; bits += 65521) { /* all classes, and halves below 2^23 */
    const float any = vm_float_of((uint32_t)bits), half = vm_float_of((uint32_t)(bits & ~0xFFFu));
    CHECK(vm_float_bits(vm_nearest_f32(any)) == vm_float_bits(nearbyintf(any)));
    CHECK(vm_float_bits(vm_nearest_f32(half)) == vm_float_bits(nearbyintf(half)));
    CHECK(vm_cast_f32_si32(any) == (int32_t)vm_round_to_i64(any));
    CHECK(vm_cast_f32_si32(half) == (int32_t)vm_round_to_i64(half));
  }
  CHECK(vm_round_f32(2.5f) == 3.0f && vm_round_f32(-2.5f) == -3.0f);
  CHECK(vm_rem_f32(5.0f, 3.0f) == -1.0f);
}

/* (1 + 2^-12)^2 - 1 - 2^-11 is 2^-24 exactly, and 0 when the product is rounded first. */
static void test_fma(void) {
  volatile float a = 1.0f + 0.000244140625f;
  CHECK((vm_fma_f32(a, a, -1.00048828125f) != 0.0f) == VM_FUSED_FMA);
}

static void test_integers(void) {
  CHECK_INT(vm_add_i32(INT32_MAX, 1), INT32_MIN);
  CHECK_INT(vm_mul_i64(INT64_MIN, -1), INT64_MIN);
  CHECK_INT(vm_abs_i32(INT32_MIN), INT32_MIN);
  CHECK_INT(vm_abs_i64(INT64_MIN), INT64_MIN);
  CHECK_INT(vm_shl_i32(1, 33), 2);
  CHECK_INT(vm_shl_i32(-1, -1), INT32_MIN);
  CHECK_INT(vm_shr_i32_s(INT32_MIN, 63), -1);
  CHECK_INT(vm_shr_i64_u(-1, 127), 1);
  CHECK_INT(vm_ctlz_i32(0), 32);
  CHECK_INT(vm_ctlz_i64(0), 64);
  CHECK_INT(vm_ctlz_i64(1), 63);
  CHECK_INT(vm_ext_i8_i32_s(0x180), -128);
  CHECK_INT(vm_trunc_i32_i8(-1), 255);
}

static void test_powers(void) {
  CHECK(vm_fpowi_f32(2.0f, 10) == 1024.0f && vm_fpowi_f32(2.0f, -2) == 0.25f);
  CHECK(vm_fpowi_f32(3.0f, (int64_t)1 << 40) == 1.0f && vm_fpowi_f64(NAN, 0) == 1.0);
  CHECK(vm_fpowi_f64(3.0, INT64_MIN) == 1.0);
  CHECK(vm_fpowi_f64(1.0, INT32_MIN) == 1.0);
}

static void test_division(vm_instance* vm) {
  int32_t r32 = 7;
  int64_t r64 = 7;
  CHECK_INT(vm_div_i32_s(vm, -7, 2, &r32), VM_OK);
  CHECK_INT(r32, -3);
  CHECK_INT(vm_rem_i32_s(vm, -7, 2, &r32), VM_OK);
  CHECK_INT(r32, -1);
  CHECK_INT(vm_div_i32_s(vm, INT32_MIN, -1, &r32), VM_OK);
  CHECK_INT(r32, INT32_MIN);
  CHECK_INT(vm_rem_i32_s(vm, INT32_MIN, -1, &r32), VM_OK);
  CHECK_INT(r32, 0);
  CHECK_INT(vm_div_i64_s(vm, INT64_MIN, -1, &r64), VM_OK);
  CHECK_INT(r64, INT64_MIN);
  CHECK_INT(vm_rem_i64_u(vm, -1, 10, &r64), VM_OK);
  CHECK_INT(r64, 5);
  CHECK_INT(vm_div_i32_u(vm, -1, 0, &r32), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_rem_i64_s(vm, 1, 0, &r64), VM_INVALID_ARGUMENT);
  CHECK_INT(r64, 5); /* a failure writes nothing */
  CHECK_MESSAGE(vm, "division by zero");
}

static void test_switch(void) {
  static const int64_t values[] = {10, 0x100000002};
  CHECK_INT(vm_switch_i64(1, -1, values, 2), 0x100000002);
  CHECK_INT(vm_switch_i64(2, -1, values, 2), -1);
  CHECK_INT(vm_switch_i64(-1, -1, values, 2), -1);
  CHECK_INT(vm_switch_i64(0, -1, NULL, 0), -1);
}

/* ---- globals ---- */

static void test_globals(vm_instance* vm) {
  int32_t i32 = 0;
  int64_t i64 = 0;
  double f64 = 0;
  vm_global_store_i64(vm, 9, INT64_MIN + 5); /* any alignment */
  CHECK_INT(vm_global_load_i64(vm, 9), INT64_MIN + 5);
  CHECK_INT(vm_global_store_indirect_i32(vm, 16, 42), VM_OK);
  CHECK_INT(vm_global_load_indirect_i32(vm, 16, &i32), VM_OK);
  CHECK_INT(i32, 42);
  CHECK_INT(vm_global_load_indirect_i32(vm, 17, &i32), VM_OUT_OF_RANGE);
  CHECK_INT(vm_global_load_indirect_i32(vm, -4, &i32), VM_OUT_OF_RANGE);
  CHECK_INT(vm_global_load_indirect_i64(vm, 12, &i64), VM_OK);
  CHECK_INT(vm_global_load_indirect_i64(vm, 13, &i64), VM_OUT_OF_RANGE);
  CHECK_INT(vm_global_store_indirect_f64(vm, 12, 1.5), VM_OK);
  CHECK_INT(vm_global_load_indirect_f64(vm, 12, &f64), VM_OK);
  CHECK(f64 == 1.5);
  CHECK_INT(vm_global_store_indirect_f64(vm, 16, 1.5), VM_OUT_OF_RANGE); /* IREE checks four bytes only */
  CHECK_INT(vm_global_store_indirect_f32(vm, 20, 1.5f), VM_OUT_OF_RANGE);
}

static uint32_t count_of(vm_ref ref) { return ref->references; }

static void test_ref_globals(vm_instance* vm) {
  vm_ref list = NULL, out = NULL;
  CHECK_INT(vm_list_alloc(vm, &vm_type_i32, 0, &list), VM_OK);
  CHECK_INT(vm_global_store_ref(vm, 0, &vm_type_list, list), VM_OK);
  CHECK_INT(count_of(list), 2);
  CHECK_INT(vm_global_store_ref(vm, 0, &vm_type_list, list), VM_OK); /* over itself */
  CHECK_INT(count_of(list), 2);
  CHECK_INT(vm_global_store_ref(vm, 0, &vm_type_buffer, list), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_global_load_ref(vm, 0, &vm_type_buffer, 1, &out), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_global_load_ref(vm, 0, &vm_type_opaque, 0, &out), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_global_load_ref(vm, 0, &vm_type_list, 0, &out), VM_OK);
  CHECK_INT(count_of(list), 3);
  vm_release(&out);
  CHECK_INT(vm_global_load_ref(vm, 0, &vm_type_list, 1, &out), VM_OK);
  CHECK_INT(count_of(list), 2);
  CHECK(!vm->global_refs[0]);
  vm_release(&out);
  CHECK_INT(vm_global_load_indirect_ref(vm, 1, &vm_type_opaque, 0, &out), VM_OK); /* null is of every type */
  CHECK(!out);
  CHECK_INT(vm_global_load_indirect_ref(vm, 2, &vm_type_list, 0, &out), VM_OUT_OF_RANGE);
  CHECK_INT(vm_global_store_indirect_ref(vm, -1, &vm_type_list, list), VM_OUT_OF_RANGE);
  CHECK_INT(vm_global_store_indirect_ref(vm, 1, &vm_type_list, list), VM_OK); /* the instance releases it */
  CHECK_INT(count_of(list), 2);
  vm_release(&list);
}

static void test_ref_choice(vm_instance* vm) {
  vm_ref a = NULL, b = vm_const_ref_rodata(vm, 0), out = NULL;
  vm_ref values[2];
  CHECK_INT(vm_list_alloc(vm, &vm_type_i32, 4, &a), VM_OK);
  values[0] = a;
  values[1] = b;
  CHECK_INT(vm_select_ref(vm, 1, &vm_type_list, a, b, &out), VM_OK);
  CHECK(out == a && count_of(a) == 2);
  vm_release(&out);
  CHECK_INT(vm_select_ref(vm, 0, &vm_type_list, a, b, &out), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "ref type mismatch; expected !vm.list but have !vm.buffer");
  CHECK_INT(vm_switch_ref(vm, 1, &vm_type_buffer, a, values, 2, &out), VM_OK);
  CHECK(out == b);
  CHECK_INT(vm_switch_ref(vm, -1, &vm_type_list, NULL, values, 2, &out), VM_OK);
  CHECK(!out);
  CHECK_INT(vm_cast_any_ref(vm, a, &vm_type_i32, &out), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_cast_any_ref(vm, NULL, &vm_type_i32, &out), VM_OK);
  CHECK(vm_cmp_eq_ref(b, vm_const_ref_rodata(vm, 0)) && vm_cmp_ne_ref(b, vm_const_ref_rodata(vm, 1)));
  CHECK(vm_cmp_nz_ref(a) && !vm_cmp_nz_ref(NULL));
  vm_release(&a);
}

/* ---- lists ---- */

static vm_ref list_of(vm_instance* vm, const vm_type* type, int32_t size) {
  vm_ref list = NULL;
  CHECK_INT(vm_list_alloc(vm, type, -1, &list), VM_OK); /* 4G: only a hint */
  CHECK_INT(vm_list_resize(vm, list, size), VM_OK);
  return list;
}

static int32_t get_i32(vm_instance* vm, vm_ref list, int32_t index) {
  int32_t value = -77;
  CHECK_INT(vm_list_get_i32(vm, list, index, &value), VM_OK);
  return value;
}

static int64_t get_i64(vm_instance* vm, vm_ref list, int32_t index) {
  int64_t value = -77;
  CHECK_INT(vm_list_get_i64(vm, list, index, &value), VM_OK);
  return value;
}

static double get_f64(vm_instance* vm, vm_ref list, int32_t index) {
  double value = -77;
  CHECK_INT(vm_list_get_f64(vm, list, index, &value), VM_OK);
  return value;
}

static void test_list_conversions(vm_instance* vm) {
  vm_ref i8 = list_of(vm, &vm_type_i8, 3), i16 = list_of(vm, &vm_type_i16, 3),
         i64 = list_of(vm, &vm_type_i64, 3);
  vm_ref f32 = list_of(vm, &vm_type_f32, 3), f64 = list_of(vm, &vm_type_f64, 3);
  CHECK_INT(vm_list_set_i32(vm, i8, 1, 300), VM_OK);
  CHECK_INT(get_i32(vm, i8, 1), 44);
  CHECK_INT(get_i32(vm, i8, 0) | get_i32(vm, i8, 2), 0);
  CHECK_INT(vm_list_set_i64(vm, i8, 1, 0x80), VM_OK);
  CHECK_INT(get_i64(vm, i8, 1), -128);
  CHECK_INT(vm_list_set_i32(vm, i16, 2, 0x18000), VM_OK);
  CHECK_INT(get_i64(vm, i16, 2), -32768);
  CHECK_INT(vm_list_set_i32(vm, i64, 0, -5), VM_OK);
  CHECK_INT(get_i64(vm, i64, 0), -5);
  CHECK_INT(vm_list_set_i64(vm, i64, 0, 0x100000002), VM_OK);
  CHECK_INT(get_i32(vm, i64, 0), 2);
  CHECK(get_f64(vm, i64, 0) == 0.0); /* no conversion between integers and floats */
  CHECK_INT(vm_list_set_f64(vm, i64, 0, 3.0), VM_OK);
  CHECK_INT(get_i64(vm, i64, 0), 0);
  CHECK_INT(vm_list_set_f32(vm, f64, 0, 1.5f), VM_OK);
  CHECK(get_f64(vm, f64, 0) == 1.5);
  CHECK_INT(vm_list_set_f64(vm, f32, 0, 0.1), VM_OK);
  CHECK(get_f64(vm, f32, 0) == (double)0.1f);
  CHECK_INT(get_i32(vm, f32, 0), 0);
  vm_release(&i8), vm_release(&i16), vm_release(&i64), vm_release(&f32), vm_release(&f64);
}

static void test_list_kinds(vm_instance* vm) {
  vm_ref values = list_of(vm, &vm_type_i32, 2), refs = list_of(vm, &vm_type_buffer, 2), out = NULL;
  vm_ref variants = list_of(vm, &vm_type_opaque, 2);
  int32_t i32 = 0;
  CHECK_INT(vm_list_get_i32(vm, refs, 0, &i32), VM_FAILED_PRECONDITION);
  CHECK_INT(vm_list_set_i32(vm, refs, 0, 1), VM_FAILED_PRECONDITION);
  CHECK_INT(vm_list_get_ref(vm, values, 0, &vm_type_buffer, 0, &out), VM_FAILED_PRECONDITION);
  CHECK_INT(vm_list_set_ref(vm, values, 0, NULL), VM_FAILED_PRECONDITION);
  CHECK_INT(vm_list_set_ref(vm, refs, 0, values), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_list_get_i32(vm, variants, 0, &i32), VM_FAILED_PRECONDITION); /* empty */
  CHECK_INT(vm_list_get_ref(vm, variants, 0, &vm_type_list, 0, &out), VM_OK);
  CHECK(!out);
  CHECK_INT(vm_list_set_ref(vm, variants, 0, values), VM_OK);
  CHECK_INT(count_of(values), 2);
  CHECK_INT(vm_list_get_i32(vm, variants, 0, &i32), VM_FAILED_PRECONDITION); /* a reference */
  CHECK_INT(vm_list_set_f32(vm, variants, 0, 2.5f), VM_OK);                  /* releases it */
  CHECK_INT(count_of(values), 1);
  CHECK(get_f64(vm, variants, 0) == 2.5);
  CHECK_INT(get_i32(vm, variants, 0), 0);
  CHECK_INT(vm_list_get_ref(vm, variants, 0, &vm_type_list, 0, &out), VM_FAILED_PRECONDITION);
  CHECK_INT(vm_list_set_ref(vm, variants, 0, NULL), VM_OK); /* empties the slot */
  CHECK_INT(vm_list_get_i32(vm, variants, 0, &i32), VM_FAILED_PRECONDITION);
  vm_release(&values), vm_release(&refs), vm_release(&variants);
}

static void test_list_refs(vm_instance* vm) {
  vm_ref list = list_of(vm, &vm_type_list, 2), item = list_of(vm, &vm_type_i32, 1), out = NULL;
  CHECK_INT(vm_list_set_ref(vm, list, 0, item), VM_OK);
  CHECK_INT(vm_list_set_ref(vm, list, 0, item), VM_OK);
  CHECK_INT(count_of(item), 2);
  CHECK_INT(vm_list_get_ref(vm, list, 0, &vm_type_buffer, 0, &out), VM_OK); /* another type reads as null */
  CHECK(!out);
  CHECK_INT(vm_list_get_ref(vm, list, 0, &vm_type_opaque, 0, &out), VM_OK);
  CHECK(!out);
  CHECK_INT(vm_list_get_ref(vm, list, 0, &vm_type_list, 0, &out), VM_OK);
  CHECK(out == item && count_of(item) == 3);
  vm_release(&out);
  CHECK_INT(vm_list_get_ref(vm, list, 0, &vm_type_list, 1, &out), VM_OK); /* taken out */
  CHECK(out == item && count_of(item) == 2);
  CHECK_INT(vm_list_set_ref(vm, list, 1, out), VM_OK);
  vm_release(&out);
  CHECK_INT(vm_list_get_ref(vm, list, 1, &vm_type_i32, 1, &out), VM_OK); /* gone all the same */
  CHECK(!out && count_of(item) == 1);
  CHECK_INT(vm_list_set_ref(vm, list, 1, item), VM_OK);
  CHECK_INT(vm_list_resize(vm, list, 1), VM_OK);
  CHECK_INT(count_of(item), 1);
  CHECK_INT(vm_list_resize(vm, list, 2), VM_OK);
  CHECK_INT(vm_list_get_ref(vm, list, 1, &vm_type_list, 0, &out), VM_OK);
  CHECK(!out); /* a slot that comes back is empty */
  vm_release(&list), vm_release(&item);
}

static void test_list_bounds(vm_instance* vm) {
  vm_ref list = list_of(vm, &vm_type_i64, 0), buffer = vm_const_ref_rodata(vm, 0);
  int32_t size = -1;
  CHECK_INT(vm_list_get_i32(vm, list, 4, &size), VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "index 4 out of bounds (0)");
  CHECK_INT(vm_list_resize(vm, list, 3), VM_OK);
  CHECK_INT(vm_list_set_i64(vm, list, -1, 0), VM_OUT_OF_RANGE);
  CHECK_INT(vm_list_size(vm, NULL, &size), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "list is null");
  CHECK_INT(vm_list_size(vm, buffer, &size), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_list_set_i32(vm, NULL, 0, 0), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_list_reserve(vm, list, -4), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(vm_list_resize(vm, list, -4), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(vm_list_resize(vm, list, (int32_t)VM_LIST_LIMIT), VM_RESOURCE_EXHAUSTED); /* more than there is */
  CHECK_INT(vm_list_size(vm, list, &size), VM_OK);
  CHECK_INT(size, 3);
  CHECK_INT(vm_list_reserve(vm, list, 1000), VM_OK);
  CHECK_INT(vm_list_set_i64(vm, list, 2, 9), VM_OK);
  CHECK_INT(vm_list_resize(vm, list, 1), VM_OK);
  CHECK_INT(vm_list_resize(vm, list, 3), VM_OK);
  CHECK_INT(get_i64(vm, list, 2), 0);
  vm_release(&list);
}

/* Releasing a chain of a million lists must not recurse a million deep. */
static void test_list_nesting(vm_instance* vm) {
  vm_ref list = list_of(vm, &vm_type_opaque, 1);
  int i;
  for (i = 0; i < 1000000 && list; ++i) {
    vm_ref outer = NULL;
    if (vm_list_alloc(vm, &vm_type_opaque, 1, &outer) != VM_OK) break;
    CHECK_INT(vm_list_resize(vm, outer, 1), VM_OK);
    CHECK_INT(vm_list_set_ref(vm, outer, 0, list), VM_OK);
    vm_release(&list);
    list = outer;
  }
  vm_release(&list);
}

static void test_list_embedding(vm_instance* vm) {
  vm_variant value = {&vm_type_i64, {0}}, out;
  vm_list* list = NULL;
  vm_ref ref;
  int i;
  CHECK_INT(vm_list_create(vm->allocator, &vm_type_i16, 2, &list), VM_OK);
  for (i = 0; i < 100; ++i) {
    value.value.i64 = 65535 + i;
    CHECK_INT(vm_list_append(list, value), VM_OK);
  }
  CHECK_INT(vm_list_count(list), 100);
  CHECK_INT(vm_list_at(list, 0, &out), VM_OK);
  CHECK(out.type == &vm_type_i16 && out.value.i32 == -1);
  CHECK_INT(vm_list_at(list, 100, &out), VM_OUT_OF_RANGE);
  value.type = &vm_type_buffer;
  value.value.ref = vm_const_ref_rodata(vm, 0);
  CHECK_INT(vm_list_append(list, value), VM_INVALID_ARGUMENT);
  ref = (vm_ref)list;
  vm_release(&ref);
}

/* ---- buffers ---- */

static void test_spans(vm_instance* vm) {
  vm_span null = vm_buffer_span(NULL), fixed = vm_buffer_span(vm_const_ref_rodata(vm, 0));
  vm_ref list = list_of(vm, &vm_type_i32, 0);
  int32_t i32 = -9;
  int64_t i64 = -9;
  double f64 = -9;
  CHECK_INT(vm_buffer_load_i32(vm, null, 0, &i32), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "source_buffer is null");
  CHECK_INT(vm_buffer_store_i32(vm, null, 0, 1), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "target_buffer is null");
  CHECK_INT(vm_buffer_load_i32(vm, vm_buffer_span(list), 0, &i32), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_buffer_store_i8(vm, fixed, 99, 1), VM_PERMISSION_DENIED); /* before the range */
  CHECK_MESSAGE(vm, "buffer is read-only and cannot be mapped for mutation");
  CHECK_INT(vm_buffer_load_i32(vm, fixed, 6, &i32), VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "out-of-bounds access detected (offset=24, length=4, alignment=4, buffer length=24)");
  CHECK_INT(vm_buffer_load_i8_u(vm, fixed, -1, &i32), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_load_i64(vm, fixed, INT64_MIN, &i64), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_load_i64(vm, fixed, (int64_t)1 << 61, &i64), VM_OUT_OF_RANGE); /* times 8 is 0 */
  CHECK_INT(vm_buffer_load_f64(vm, fixed, 3, &f64), VM_OUT_OF_RANGE);
  CHECK(i32 == -9 && i64 == -9 && f64 == -9);
  CHECK_INT(vm_buffer_load_i32(vm, fixed, 5, &i32), VM_OK);
  CHECK_INT(i32, 6);
  CHECK_INT(vm_buffer_load_i64(vm, fixed, 2, &i64), VM_OK);
  CHECK_INT(i64, 5 + ((int64_t)6 << 32));
  vm_release(&list);
}

static void test_elements(vm_instance* vm) {
  vm_ref buffer = NULL;
  vm_span span;
  int32_t i32 = 0;
  int64_t i64 = 0;
  float f32 = 0;
  double f64 = 0;
  CHECK_INT(vm_buffer_alloc(vm, 11, 0, &buffer), VM_OK);
  span = vm_buffer_span(buffer);
  CHECK_INT(vm_buffer_store_i8(vm, span, 10, 0x1FF), VM_OK);
  CHECK_INT(vm_buffer_load_i8_u(vm, span, 10, &i32), VM_OK);
  CHECK_INT(i32, 255);
  CHECK_INT(vm_buffer_load_i8_s(vm, span, 10, &i32), VM_OK);
  CHECK_INT(i32, -1);
  CHECK_INT(vm_buffer_store_i16(vm, span, 4, 0x7F8000), VM_OK);
  CHECK_INT(vm_buffer_load_i16_s(vm, span, 4, &i32), VM_OK);
  CHECK_INT(i32, -32768);
  CHECK_INT(vm_buffer_load_i16_u(vm, span, 4, &i32), VM_OK);
  CHECK_INT(i32, 32768);
  CHECK_INT(vm_buffer_store_i16(vm, span, 5, 1), VM_OUT_OF_RANGE); /* half an element does not count */
  CHECK_INT(vm_buffer_store_f64(vm, span, 1, 1.0), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_store_f64(vm, span, 0, 1.25), VM_OK);
  CHECK_INT(vm_buffer_load_f64(vm, span, 0, &f64), VM_OK);
  CHECK(f64 == 1.25);
  CHECK_INT(vm_buffer_store_f32(vm, span, 1, -2.0f), VM_OK);
  CHECK_INT(vm_buffer_load_f32(vm, span, 1, &f32), VM_OK);
  CHECK(f32 == -2.0f);
  CHECK_INT(vm_buffer_store_i64(vm, span, 0, -2), VM_OK);
  CHECK_INT(vm_buffer_load_i64(vm, span, 0, &i64), VM_OK);
  CHECK_INT(i64, -2);
  vm_release(&buffer);
}

static void test_buffer_alloc(vm_instance* vm) {
  vm_ref buffer = NULL;
  int64_t length = -1;
  int32_t i32 = 0;
  CHECK_INT(vm_buffer_alloc(vm, 0, 4096, &buffer), VM_OK);
  CHECK_INT((uintptr_t)((vm_buffer*)buffer)->data % 4096, 0);
  CHECK_INT(vm_buffer_length(vm, vm_buffer_span(buffer), &length), VM_OK);
  CHECK_INT(length, 0);
  CHECK_INT(vm_buffer_load_i8_u(vm, vm_buffer_span(buffer), 0, &i32), VM_OUT_OF_RANGE);
  vm_release(&buffer);
  CHECK_INT(vm_buffer_alloc(vm, 8, 3, &buffer), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "alignments must be powers of two (got 3)");
  CHECK_INT(vm_buffer_alloc(vm, 8, INT32_MIN, &buffer), VM_INVALID_ARGUMENT);
  CHECK_INT(vm_buffer_alloc(vm, -1, 16, &buffer), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(vm_buffer_alloc(vm, INT64_MAX, 16, &buffer), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(vm_buffer_alloc(vm, INT64_MAX - 100, 16, &buffer), VM_RESOURCE_EXHAUSTED);
  CHECK(!buffer);
  CHECK_INT(vm_buffer_length(vm, vm_buffer_span(NULL), &length), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "buffer is null");
}

static void test_buffer_clone(vm_instance* vm) {
  vm_span source = vm_buffer_span(vm_const_ref_rodata(vm, 0));
  vm_ref clone = NULL;
  int32_t i32 = 0;
  CHECK_INT(vm_buffer_clone(vm, vm_buffer_span(NULL), 0, 0, 3, &clone), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "source is null");
  CHECK_INT(vm_buffer_clone(vm, source, 10, 100, 3, &clone), VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "out-of-bounds access detected (offset=10, length=100, alignment=1, buffer length=24)");
  CHECK_INT(vm_buffer_clone(vm, source, -8, 16, 0, &clone), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_clone(vm, source, 8, -8, 0, &clone), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_clone(vm, source, 24, 0, 0, &clone), VM_OK);
  vm_release(&clone);
  CHECK_INT(vm_buffer_clone(vm, source, 4, 8, 64, &clone), VM_OK);
  CHECK_INT(vm_buffer_store_i32(vm, vm_buffer_span(clone), 0, 77), VM_OK); /* a clone is mutable */
  CHECK_INT(vm_buffer_load_i32(vm, vm_buffer_span(clone), 1, &i32), VM_OK);
  CHECK_INT(i32, 3);
  vm_release(&clone);
}

static void test_buffer_copy(vm_instance* vm) {
  vm_span source = vm_buffer_span(vm_const_ref_rodata(vm, 0)), null = vm_buffer_span(NULL), target;
  vm_ref buffer = NULL;
  int32_t same = -1;
  CHECK_INT(vm_buffer_alloc(vm, 24, 16, &buffer), VM_OK);
  target = vm_buffer_span(buffer);
  CHECK_INT(vm_buffer_copy(vm, null, 99, null, 0, 0), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "source_buffer is null");
  CHECK_INT(vm_buffer_copy(vm, source, 99, null, 0, 0), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "target_buffer is null");
  CHECK_INT(vm_buffer_copy(vm, source, 25, source, 0, 0), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_copy(vm, source, 0, source, 99, 4), VM_PERMISSION_DENIED);
  CHECK_INT(vm_buffer_copy(vm, source, 0, target, 21, 4), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_copy(vm, source, 0, target, -4, 8), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_copy(vm, source, 0, target, 0, 24), VM_OK);
  CHECK_INT(vm_buffer_compare(vm, source, 0, target, 0, 24, &same), VM_OK);
  CHECK_INT(same, 1);
  CHECK_INT(vm_buffer_copy(vm, target, 0, target, 4, 20), VM_OK); /* overlap */
  CHECK_INT(vm_buffer_compare(vm, source, 0, target, 4, 20, &same), VM_OK);
  CHECK_INT(same, 1);
  CHECK_INT(vm_buffer_compare(vm, source, 4, target, 4, 1, &same), VM_OK);
  CHECK_INT(same, 0);
  CHECK_INT(vm_buffer_compare(vm, source, 24, target, 0, 0, &same), VM_OK);
  CHECK_INT(same, 1);
  CHECK_INT(vm_buffer_compare(vm, source, 30, null, 0, 30, &same), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "rhs_buffer is null");
  CHECK_INT(vm_buffer_compare(vm, source, 0, target, 20, 5, &same), VM_OUT_OF_RANGE);
  vm_release(&buffer);
}

static void test_buffer_fill(vm_instance* vm) {
  vm_ref buffer = NULL;
  vm_span target;
  uint8_t* data;
  CHECK_INT(vm_buffer_alloc(vm, 18, 0, &buffer), VM_OK);
  target = vm_buffer_span(buffer);
  data = target.data;
  CHECK_INT(vm_buffer_fill_i8(vm, target, 1, 2, 0x1AB), VM_OK);
  CHECK(data[0] == 0 && data[1] == 0xAB && data[2] == 0xAB && data[3] == 0);
  CHECK_INT(vm_buffer_fill_i16(vm, target, 8, 1, 0x11234), VM_OK);
  CHECK(data[15] == 0 && data[16] == 0x34 && data[17] == 0x12);
  CHECK_INT(vm_buffer_fill_i32(vm, target, 3, 2, 1), VM_OUT_OF_RANGE); /* the last two bytes are no element */
  CHECK_MESSAGE(vm, "out-of-bounds access detected (offset=12, length=8, alignment=4, buffer length=18)");
  CHECK_INT(vm_buffer_fill_i32(vm, target, 3, 1, 0x01020304), VM_OK);
  CHECK(data[12] == 4 && data[15] == 1);
  CHECK_INT(vm_buffer_fill_i64(vm, target, (int64_t)1 << 61, 0, 1), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_fill_i64(vm, target, 0, (int64_t)1 << 61, 1), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_fill_i64(vm, target, 1, -1, 1), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_fill_f64(vm, target, 2, 0, 1.0), VM_OK);
  CHECK_INT(vm_buffer_fill_f64(vm, target, 0, 2, 1.0), VM_OK);
  CHECK(data[6] == 0xF0 && data[7] == 0x3F && data[15] == 0x3F);
  CHECK_INT(vm_buffer_fill_f32(vm, target, 0, 4, -0.0f), VM_OK);
  CHECK(data[3] == 0x80 && data[15] == 0x80 && data[0] == 0);
  CHECK_INT(vm_buffer_fill_i8(vm, vm_buffer_span(vm_const_ref_rodata(vm, 0)), 0, 99, 0),
            VM_PERMISSION_DENIED);
  CHECK_INT(vm_buffer_fill_i8(vm, vm_buffer_span(NULL), 0, 0, 0), VM_INVALID_ARGUMENT);
  vm_release(&buffer);
}

static void test_buffer_hash(vm_instance* vm) {
  vm_span source = vm_buffer_span(vm_const_ref_rodata(vm, 0));
  int64_t hash = 0;
  CHECK_INT(vm_buffer_hash(vm, source, 0, 0, &hash), VM_OK);
  CHECK_INT(hash, 8246050544436514353);
  CHECK_INT(vm_buffer_hash(vm, source, 1, 19, &hash), VM_OK);
  CHECK_INT(hash, -1752286186078260073);
  CHECK_INT(vm_buffer_hash(vm, source, 0, 24, &hash), VM_OK);
  CHECK_INT(hash, 7334104144613114315);
  CHECK_INT(vm_buffer_hash(vm, vm_buffer_span(vm_const_ref_rodata(vm, 1)), 0, 0, &hash), VM_OK);
  CHECK_INT(hash, 8246050544436514353); /* of an empty segment */
  CHECK_INT(vm_buffer_hash(vm, source, 25, 0, &hash), VM_OUT_OF_RANGE);
  CHECK_INT(vm_buffer_hash(vm, vm_buffer_span(NULL), 0, 0, &hash), VM_INVALID_ARGUMENT);
}

/* A view of a view holds on to what is at the root. */
static void test_buffer_views(vm_instance* vm) {
  vm_buffer *root, *view, *second;
  vm_ref root_ref, view_ref, second_ref;
  CHECK_INT(vm_buffer_create(vm->allocator, 16, 0, &root), VM_OK);
  CHECK_INT(vm_buffer_wrap(vm->allocator, root->data + 4, 8, 0, &root->object, &view), VM_OK);
  CHECK_INT(vm_buffer_wrap(vm->allocator, view->data, 4, 0, &view->object, &second), VM_OK);
  CHECK(second->owner == &root->object && root->object.references == 3);
  root_ref = &root->object, view_ref = &view->object, second_ref = &second->object;
  vm_release(&root_ref), vm_release(&view_ref), vm_release(&second_ref);
}

/* ---- errors ---- */

static const char* formatted(vm_instance* vm) {
  static char text[1200];
  size_t length = vm_error_format(&vm->error, text, sizeof text);
  CHECK_INT(length, strlen(text));
  CHECK_INT(vm_error_format(&vm->error, NULL, 0), length);
  return text;
}

static void test_fail(vm_instance* vm) {
  char long_text[600];
  CHECK_INT(vm_fail(vm, 0, "no", 2), VM_OK);
  CHECK_INT(vm_fail(vm, 9, "bad thing", 9), VM_FAILED_PRECONDITION);
#if VM_DIAGNOSTICS > 0
  CHECK_TEXT(formatted(vm), "FAILED_PRECONDITION; bad thing");
#endif
  CHECK_INT(vm_fail(vm, 32, NULL, 0), VM_UNKNOWN);
  CHECK_TEXT(formatted(vm), "UNKNOWN");
  CHECK_INT(vm_fail(vm, 17, NULL, 0), VM_UNKNOWN);
  CHECK_INT(vm_fail(vm, 32 + 17, NULL, 0), VM_UNKNOWN);
  CHECK_INT(vm_fail(vm, -1, NULL, 0), 31);
  CHECK_INT(vm_fail(vm, 32 + 5, NULL, 0), VM_NOT_FOUND);
  memset(long_text, 'x', sizeof long_text);
  CHECK_INT(vm_fail(vm, 5, long_text, sizeof long_text), VM_NOT_FOUND);
  CHECK_INT(strlen(vm->error.message), VM_DIAGNOSTICS ? VM_MESSAGE_CAPACITY - 1 : 0);
  CHECK_TEXT(vm_status_name(19), "");
  CHECK_TEXT(vm_status_name(-1), "");
  CHECK_TEXT(vm_status_name(VM_INCOMPATIBLE), "INCOMPATIBLE");
}

static void test_backtrace(vm_instance* vm) {
  int i;
  vm_fail(vm, 3, "why", 3);
  CHECK_INT(vm_unwind(vm, VM_INVALID_ARGUMENT, 1, 8), VM_INVALID_ARGUMENT);
  vm_unwind(vm, VM_INVALID_ARGUMENT, 1, 9);
  vm_unwind(vm, VM_INVALID_ARGUMENT, 2, 3);
  vm_unwind(vm, VM_INVALID_ARGUMENT, 0, 14);
#if VM_DIAGNOSTICS > 0
  CHECK_TEXT(formatted(vm),
             "INVALID_ARGUMENT; why; \n[ 3] bytecode m.inner:8 a.mlir:1:1\n[ 2] bytecode m.inner:9 a.mlir:2:3"
             "\n[ 1] bytecode m@2:3 -\n[ 0] bytecode m.outer:14 -");
  CHECK_INT(vm_unwind(vm, VM_OUT_OF_RANGE, 1, 0), VM_OUT_OF_RANGE); /* a code nobody recorded */
  CHECK_TEXT(formatted(vm), "OUT_OF_RANGE; out-of-bounds access detected; \n[ 0] bytecode m.inner:0 -");
  for (i = 0; i < 100; ++i) vm_unwind(vm, VM_OUT_OF_RANGE, 0, 1);
  CHECK_INT(vm->error.frame_count, 101);
  CHECK(strstr(formatted(vm), "\n[100] bytecode m.inner:0 -\n[99] bytecode m.outer:1 -"));
  CHECK(strstr(formatted(vm), "\n[85] bytecode m.outer:1 -\n     and 85 outer frames"));
#else
  for (i = 0; i < 3; ++i) vm_unwind(vm, VM_OUT_OF_RANGE, 0, 1);
  CHECK_TEXT(formatted(vm), "OUT_OF_RANGE");
#endif
}

static void test_stack(vm_instance* vm) {
  CHECK_INT(vm_enter(vm, VM_STACK_LIMIT), VM_OK);
  CHECK_INT(vm_enter(vm, 0), VM_OK);
  CHECK_INT(vm_enter(vm, 1), VM_RESOURCE_EXHAUSTED);
  vm_leave(vm, 0);
  vm_leave(vm, VM_STACK_LIMIT);
  CHECK_INT(vm_enter(vm, UINT32_MAX), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(vm->stack_used, 0);
}

/* The C stack is looked at: a call whose stack has ended fails, and so does one whose frame has no room. */
static void test_c_stack(vm_instance* vm) {
  const vm_outer outer = vm_call_begin(vm);
  CHECK_INT(vm_room(vm, VM_STACK_RESERVE), VM_OK);
  CHECK_INT(vm_room(vm, VM_STACK_DEFAULT), VM_RESOURCE_EXHAUSTED);
  vm->stack_end = UINTPTR_MAX;
  CHECK_INT(vm_enter(vm, 1), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(vm_room(vm, 0), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(vm_call_end(vm, outer, VM_OK), VM_OK);
  CHECK_INT(vm->stack_used, 0);
}

static vm_status poll_once(vm_instance* vm, void* self) {
  (void)vm;
  return ++*(int*)self == 1 ? VM_OK : VM_DEADLINE_EXCEEDED;
}

/* Every VM_TURNS turns the embedder is asked; who interrupts is heard then, and only by the call that runs. */
static void test_turns(vm_instance* vm) {
  int asked = 0;
  uint32_t i;
  vm_outer outer = vm_call_begin(vm);
  vm->poll = poll_once, vm->poll_self = &asked;
  vm->turns = VM_TURNS;
  for (i = 0; i < VM_TURNS; ++i) CHECK_INT(vm_turn(vm), VM_OK);
  CHECK_INT(asked, 1);
  CHECK_INT(vm->turns, VM_TURNS);
  CHECK_INT(vm_look(vm), VM_DEADLINE_EXCEEDED);
  vm_interrupt(vm);
  CHECK_INT(vm_look(vm), VM_CANCELLED);
  CHECK_INT(asked, 2);
  (void)vm_call_end(vm, outer, VM_CANCELLED);
  vm->poll = NULL;
  outer = vm_call_begin(vm);
  CHECK_INT(vm_look(vm), VM_OK);
  (void)vm_call_end(vm, outer, VM_OK);
}

/* What emitted functions look like: the first failure ends the function with its offset. */
static vm_status emitted(vm_instance* vm, int32_t divisor, int32_t* result) {
  vm_status status = VM_OK;
  uint32_t offset = 0;
  VM_TRY(vm_enter(vm, 16), 0);
  VM_TRY(vm_div_i32_s(vm, 10, divisor, result), 5);
  vm_leave(vm, 16);
  return VM_OK;
fail:
  return vm_unwind(vm, status, 1, offset);
}

static vm_status divide(vm_instance* vm, const vm_export* self, const vm_value* arguments,
                        vm_value* results) {
  (void)self;
  return emitted(vm, arguments[0].i32, &results[0].i32);
}

static vm_status leave_a_mess(vm_instance* vm, const vm_export* self, const vm_value* arguments,
                              vm_value* results) {
  (void)self, (void)arguments, (void)results;
  vm->stack_used = 99;
  return VM_NOT_FOUND;
}

static void test_invoke(vm_instance* vm) {
  static const vm_export exports[] = {{"divide", "0i_i", "0_0", divide, NULL, NULL, 0},
                                      {"mess", "0v_v", "_", leave_a_mess, NULL, NULL, 0}};
  static const vm_module with_exports = {.name = "m", .exports = exports, .export_count = 2};
  vm_value argument, result;
  memset(&argument, 0, sizeof argument);
  CHECK(!vm_find_export(&with_exports, "nothing"));
  CHECK_INT(vm_invoke(vm, vm_find_export(&with_exports, "divide"), &argument, &result), VM_INVALID_ARGUMENT);
#if VM_DIAGNOSTICS == 2
  CHECK_TEXT(formatted(vm), "INVALID_ARGUMENT; division by zero; \n[ 0] bytecode m.inner:5 a.mlir:1:1");
#endif
  argument.i32 = 5;
  CHECK_INT(vm_invoke(vm, vm_find_export(&with_exports, "divide"), &argument, &result), VM_OK);
  CHECK_INT(result.i32, 2);
  CHECK_INT(vm_last_error(vm)->status, VM_OK); /* the earlier failure is over */
  CHECK_INT(vm_invoke(vm, vm_find_export(&with_exports, "mess"), &argument, &result), VM_NOT_FOUND);
  CHECK_INT(vm_last_error(vm)->status, VM_NOT_FOUND);
  CHECK_INT(vm->stack_used, 0);
}

/* ---- instances ---- */

static int deinitialized;

static vm_status failing_hook(vm_instance* vm) { return vm_fail(vm, 14, "not today", 9); }

static vm_status closing_hook(vm_instance* vm) {
  ++deinitialized;
  return vm_fail(vm, 13, "ignored", 7);
}

static vm_status bound(vm_instance* vm, void* self, const vm_value* arguments, vm_value* results) {
  (void)vm, (void)self, (void)arguments, (void)results;
  return VM_OK;
}

static void test_instance(void) {
  static const vm_module failing = {.name = "f", .initialize = failing_hook, .deinitialize = closing_hook};
  vm_import_binding binding = {bound, NULL, NULL};
  vm_options options = {.allocator = &counting};
  vm_instance* vm = NULL;
  counter_reset(-1);
  CHECK_INT(vm_instance_create(&failing, &options, &vm), VM_UNAVAILABLE);
  CHECK_INT(vm->error.status, VM_UNAVAILABLE);
  vm_instance_destroy(vm);
  CHECK_INT(deinitialized, 1);
  CHECK_INT(vm_instance_create(&module, &options, &vm), VM_OK);
  CHECK_INT(vm_import_resolved(vm, 0), 0);
  vm_instance_destroy(vm);
  options.imports = &binding;
  CHECK_INT(vm_instance_create(&module, &options, &vm), VM_OK);
  CHECK_INT(vm_import_resolved(vm, 0), 1);
  vm_instance_destroy(vm);
  vm_instance_destroy(NULL);
  CHECK_INT(vm_instance_create(&module, NULL, &vm), VM_OK); /* system memory */
  vm_instance_destroy(vm);
}

/* Touches every allocation of the runtime's core; each may fail. */
static vm_status allocate_everything(vm_instance* vm) {
  vm_ref list = NULL, inner = NULL, buffer = NULL, clone = NULL;
  vm_status status = vm_list_alloc(vm, &vm_type_opaque, 2, &list);
  int32_t i;
  for (i = 0; i < 40 && status == VM_OK; ++i) {
    status = vm_list_alloc(vm, &vm_type_i8, i, &inner);
    if (status == VM_OK) status = vm_list_resize(vm, list, i + 1);
    if (status == VM_OK) status = vm_list_set_ref(vm, list, i, inner);
    vm_release(&inner);
  }
  if (status == VM_OK) status = vm_list_reserve(vm, list, 1000);
  if (status == VM_OK) status = vm_buffer_alloc(vm, 100, 64, &buffer);
  if (status == VM_OK) status = vm_buffer_clone(vm, vm_buffer_span(buffer), 4, 50, 16, &clone);
  if (status == VM_OK) status = vm_global_store_ref(vm, 0, &vm_type_buffer, clone);
  vm_release(&list), vm_release(&buffer), vm_release(&clone);
  return status;
}

static void test_allocation_failures(void) {
  vm_options options = {.allocator = &counting};
  vm_status status = VM_RESOURCE_EXHAUSTED;
  int64_t index;
  for (index = 0; status != VM_OK && index < 1000; ++index) {
    vm_instance* vm = NULL;
    counter_reset(index);
    status = vm_instance_create(&module, &options, &vm);
    CHECK_INT(vm != NULL, status == VM_OK);
    if (status == VM_OK) status = allocate_everything(vm);
    CHECK(status == VM_OK || status == VM_RESOURCE_EXHAUSTED);
    CHECK(status == VM_OK || !vm || vm->error.status == status || VM_DIAGNOSTICS < 2);
    vm_instance_destroy(vm);
  }
  CHECK(index > 50 && index < 1000);
  counter_reset(-1);
}

int main(void) {
  vm_instance* vm;
  test_float_to_integer(), test_rounding(), test_fma(), test_integers(), test_powers(), test_switch();
  test_instance();
  vm = new_instance(&module);
  test_division(vm), test_globals(vm), test_ref_globals(vm), test_ref_choice(vm);
  test_list_conversions(vm), test_list_kinds(vm), test_list_refs(vm), test_list_bounds(vm);
  test_list_nesting(vm), test_list_embedding(vm);
  test_spans(vm), test_elements(vm), test_buffer_alloc(vm), test_buffer_clone(vm), test_buffer_copy(vm);
  test_buffer_fill(vm), test_buffer_hash(vm), test_buffer_views(vm);
  test_fail(vm), test_backtrace(vm), test_stack(vm), test_c_stack(vm), test_turns(vm), test_invoke(vm);
  vm_instance_destroy(vm);
  test_allocation_failures();
  return check_failures != 0;
}
