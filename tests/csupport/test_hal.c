/* Buffers, views and the functions of hal_inline; texts and statuses as IREE 3.13.0 gives them. */
#include "hal.h"

#include "check.h"

static const vm_rodata rodata[] = {{(const uint8_t*)"input0", 6, 0, 0}, {(const uint8_t*)"hal.cpu", 7, 0, 0}};
static const vm_module module = {.name = "m", .rodata = rodata, .rodata_count = 2};

static vm_ref text(vm_instance* vm) { return vm_const_ref_rodata(vm, 0); }

static vm_ref new_buffer(vm_instance* vm, int64_t size) {
  vm_ref buffer = NULL, storage = NULL;
  CHECK_INT(hal_inline_buffer_allocate(vm, 16, size, &buffer, &storage), VM_OK);
  vm_release(&storage);
  return buffer;
}

/* ---- buffers ---- */

static void test_allocate(vm_instance* vm) {
  vm_ref buffer = NULL, storage = NULL, source = NULL;
  int64_t length = -1;
  CHECK_INT(hal_inline_buffer_allocate(vm, 3, 10, &buffer, &storage), VM_OK); /* IREE minds no alignment */
  CHECK(storage && storage->type == &vm_type_buffer && buffer->type == &hal_type_buffer);
  CHECK(hal_buffer_data(hal_cast_buffer(buffer)) == ((vm_buffer*)storage)->data);
  CHECK_INT((uintptr_t)((vm_buffer*)storage)->data % 64, 0);
  CHECK_INT(vm_buffer_fill_i8(vm, vm_buffer_span(storage), 0, 10, 7), VM_OK);
  source = storage;
  CHECK_INT(hal_inline_buffer_length(vm, buffer, &length), VM_OK);
  CHECK_INT(length, 10);
  vm_release(&buffer);
  storage = NULL;
  CHECK_INT(hal_inline_buffer_allocate_initialized(vm, 16, source, 0, 65, &buffer, &storage),
            VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "out-of-bounds access detected (offset=0, length=65, alignment=1, buffer length=10)");
  CHECK_INT(hal_inline_buffer_allocate_initialized(vm, 16, NULL, 0, 0, &buffer, &storage),
            VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "ref is null");
  CHECK_INT(hal_inline_buffer_allocate_initialized(vm, 16, source, 2, 8, &buffer, &storage), VM_OK);
  CHECK_INT(hal_buffer_data(hal_cast_buffer(buffer))[7], 7);
  vm_release(&buffer), vm_release(&storage), vm_release(&source);
  CHECK_INT(hal_inline_buffer_allocate(vm, 16, -5, &buffer, &storage), VM_RESOURCE_EXHAUSTED);
  CHECK_INT(hal_inline_buffer_length(vm, NULL, &length), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_inline_buffer_length(vm, text(vm), &length), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "ref type mismatch; expected !hal.buffer but have !vm.buffer");
}

static int64_t subspan_length(vm_instance* vm, vm_ref buffer, int64_t offset, int64_t length) {
  vm_ref part = NULL;
  int64_t result = -1;
  if (hal_inline_buffer_subspan(vm, buffer, offset, length, &part) != VM_OK) return -1;
  CHECK_INT(hal_inline_buffer_length(vm, part, &result), VM_OK);
  vm_release(&part);
  return result;
}

static void test_subspan(vm_instance* vm) {
  vm_ref buffer = new_buffer(vm, 64), part = NULL, nested = NULL;
  CHECK_INT(subspan_length(vm, buffer, 0, -1), 64);
  CHECK_INT(subspan_length(vm, buffer, 64, 0), 0);
  CHECK_INT(subspan_length(vm, buffer, 64, -1), 0);
  CHECK_INT(subspan_length(vm, buffer, 65, 0), -1);
  CHECK_MESSAGE(vm,
                "attempted to access an address off the end of the valid buffer range (offset=65, length=0, "
                "buffer byte_length=64)");
  CHECK_INT(subspan_length(vm, buffer, 60, 5), -1);
  CHECK_MESSAGE(vm,
                "attempted to access an address outside of the valid buffer range (offset=60, "
                "adjusted_length=5, end=64, buffer byte_length=64)");
  CHECK_INT(subspan_length(vm, buffer, -1, 0), -1);
  CHECK_INT(subspan_length(vm, buffer, 8, -2), -1); /* IREE's sum wraps, and it passes */
  CHECK_INT(hal_inline_buffer_subspan(vm, buffer, 0, 64, &part), VM_OK);
  CHECK(part == buffer);
  vm_release(&part);
  CHECK_INT(hal_inline_buffer_subspan(vm, buffer, 16, 32, &part), VM_OK);
  CHECK_INT(hal_inline_buffer_subspan(vm, part, 8, 8, &nested), VM_OK);
  CHECK((vm_ref)hal_cast_buffer(nested)->root == buffer);
  CHECK(hal_buffer_data(hal_cast_buffer(nested)) == hal_buffer_data(hal_cast_buffer(buffer)) + 24);
  vm_release(&buffer), vm_release(&part), vm_release(&nested);
}

static void test_storage(vm_instance* vm) {
  vm_ref buffer = new_buffer(vm, 64), part = NULL, bytes = NULL, wrapped = NULL;
  int64_t length = 0;
  CHECK_INT(hal_inline_buffer_subspan(vm, buffer, 16, 32, &part), VM_OK);
  CHECK_INT(hal_inline_buffer_storage(vm, part, &bytes), VM_OK);
  vm_release(&part), vm_release(&buffer); /* the bytes stay */
  CHECK_INT(vm_buffer_length(vm, vm_buffer_span(bytes), &length), VM_OK);
  CHECK_INT(length, 32);
  CHECK_INT(vm_buffer_store_i8(vm, vm_buffer_span(bytes), 31, 5), VM_OK);
  CHECK_INT(hal_inline_buffer_wrap(vm, bytes, 30, -1, &wrapped), VM_OK);
  CHECK_INT(hal_buffer_data(hal_cast_buffer(wrapped))[1], 5);
  CHECK_INT(hal_inline_buffer_wrap(vm, bytes, 30, 3, &buffer), VM_OUT_OF_RANGE);
  vm_release(&bytes), vm_release(&wrapped);
  CHECK_INT(hal_inline_buffer_wrap(vm, text(vm), 0, 6, &wrapped), VM_OK); /* constants stay read-only */
  CHECK_INT(hal_inline_buffer_storage(vm, wrapped, &bytes), VM_OK);
  CHECK_INT(vm_buffer_store_i8(vm, vm_buffer_span(bytes), 0, 5), VM_PERMISSION_DENIED);
  vm_release(&bytes), vm_release(&wrapped);
}

/* ---- views ---- */

static vm_status create(vm_instance* vm, int64_t bytes, int32_t type, uint32_t rank, const int64_t* dims,
                        vm_ref* view) {
  vm_ref buffer = new_buffer(vm, 64);
  vm_status status = hal_inline_buffer_view_create(vm, buffer, 0, bytes, type, 1, rank, dims, view);
  vm_release(&buffer);
  return status;
}

static void test_create(vm_instance* vm) {
  static const int64_t four_by_five[] = {4, 5}, minus_one[] = {-1}, ones[129] = {1},
                       big[] = {INT64_MAX, 0, 2};
  vm_ref view = NULL, buffer = NULL, again = NULL;
  int64_t dim = -1;
  int32_t number = -1;
  CHECK_INT(create(vm, 64, HAL_F32, 2, four_by_five, &view), VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "buffer view byte length 80 exceeds backing buffer byte length 64");
  CHECK_INT(create(vm, 64, HAL_F32, 1, minus_one, &view), VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "packed byte count overflows device size");
  CHECK_INT(create(vm, 64, 0x12000000, 1, ones, &view), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "opaque element types cannot be indexed");
  CHECK_INT(create(vm, 64, HAL_F32, 129, ones, &view), VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "count 129 > 128");
  CHECK_INT(create(vm, 65, HAL_F32, 1, ones, &view), VM_OUT_OF_RANGE);
  CHECK_INT(create(vm, 64, HAL_F32, 3, big, &view), VM_OUT_OF_RANGE);
  CHECK(!view);
  CHECK_INT(create(vm, 20, HAL_I8, 2, four_by_five, &view), VM_OK);
  CHECK_INT(hal_inline_buffer_view_dim(vm, view, 1, &dim), VM_OK);
  CHECK_INT(dim, 5);
  CHECK_INT(hal_inline_buffer_view_dim(vm, view, 2, &dim), VM_OK);
  CHECK_INT(dim, 0);
  CHECK_INT(hal_inline_buffer_view_dim(vm, view, -3, &dim), VM_OK);
  CHECK_INT(dim, 0);
  CHECK_INT(hal_inline_buffer_view_rank(vm, view, &number), VM_OK);
  CHECK_INT(number, 2);
  CHECK_INT(hal_inline_buffer_view_element_type(vm, view, &number), VM_OK);
  CHECK_INT(number, HAL_I8);
  CHECK_INT(hal_inline_buffer_view_encoding_type(vm, view, &number), VM_OK);
  CHECK_INT(number, 1);
  CHECK_INT(hal_inline_buffer_view_buffer(vm, view, &buffer), VM_OK);
  CHECK_INT(hal_buffer_length(hal_cast_buffer(buffer)), 20);
  CHECK_INT(hal_inline_buffer_view_buffer(vm, NULL, &again), VM_INVALID_ARGUMENT);
  vm_release(&view), vm_release(&buffer);
}

static vm_status assert_on(vm_instance* vm, int32_t actual, int32_t actual_encoding,
                           const int64_t* actual_dims, int32_t expected, int32_t encoding, uint32_t rank,
                           const int64_t* dims) {
  vm_ref buffer = new_buffer(vm, 1024), view = NULL;
  vm_status status;
  CHECK_INT(
      hal_inline_buffer_view_create(vm, buffer, 0, 1024, actual, actual_encoding, 2, actual_dims, &view),
      VM_OK);
  status = hal_inline_buffer_view_assert(vm, view, text(vm), expected, encoding, rank, dims);
  vm_release(&view), vm_release(&buffer);
  return status;
}

static void test_assert(vm_instance* vm) {
  static const int64_t d44[] = {4, 4}, d45[] = {4, 5};
  CHECK_INT(assert_on(vm, HAL_F32, 1, d44, HAL_F32, 1, 2, d44), VM_OK);
  CHECK_INT(assert_on(vm, HAL_U32, 1, d44, HAL_I32, 1, 2, d44), VM_OK);
  CHECK_INT(assert_on(vm, HAL_BOOL8, 1, d44, HAL_I8, 1, 2, d44), VM_OK);
  CHECK_INT(assert_on(vm, 0x20, 0, d44, HAL_F32, 1, 2, d44), VM_OK);
  CHECK_INT(assert_on(vm, HAL_F32, 1, d44, HAL_F32, 2, 2, d44), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "input0 encoding mismatch; expected 00000002 but have 00000001");
  CHECK_INT(assert_on(vm, HAL_F32, 1, d44, HAL_F64, 1, 2, d44), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "input0 element type mismatch; expected f64 but have f32");
  CHECK_INT(assert_on(vm, HAL_BF16, 1, d44, 0x23000040, 1, 2, d44), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "input0 element type mismatch; expected cf64 but have bf16");
  CHECK_INT(assert_on(vm, 0x77000011, 1, d44, 0x12000004, 1, 2, d44), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "input0 element type mismatch; expected ui4 but have *17");
  CHECK_INT(assert_on(vm, HAL_I16, 1, d44, HAL_I32, 1, 2, d44), VM_INVALID_ARGUMENT);
  CHECK_INT(assert_on(vm, HAL_F32, 1, d44, HAL_F32, 1, 1, d44), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm,
                "input0 shape rank mismatch; expected 1 but have 2; expected shape `4`, actual shape `4x4`");
  CHECK_INT(assert_on(vm, HAL_F32, 1, d45, HAL_F32, 1, 2, d44), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(
      vm,
      "input0 shape dimension 1 mismatch; expected 4 but have 5; expected shape `4x4`, actual shape "
      "`4x5`");
  CHECK_INT(hal_inline_buffer_view_assert(vm, NULL, text(vm), HAL_F32, 1, 2, d44), VM_INVALID_ARGUMENT);
}

static void check_format(const void* data, uint64_t bytes, int32_t type, uint32_t rank, const int64_t* dims,
                         const char* expected) {
  hal_buffer_view* view = NULL;
  char actual[200], copy[64];
  vm_ref ref;
  memset(copy, 0, sizeof copy);
  if (bytes) memcpy(copy, data, (size_t)bytes);
  CHECK_INT(hal_buffer_view_wrap(&counting, copy, bytes, type, rank, dims, &view), VM_OK);
  CHECK(!bytes || hal_buffer_view_data(view) == (uint8_t*)copy);
  CHECK_INT(hal_format_view(view, actual, sizeof actual), strlen(actual));
  CHECK_TEXT(actual, expected);
  ref = (vm_ref)view;
  vm_release(&ref);
}

static void test_format_numbers(void) {
  static const float f32[] = {0.1f, 3.14159274f, INFINITY, -1.0f, 1e-10f, 123456.789f};
  static const double f64[] = {0.1, -0.0, 1e300};
  static const int64_t d4[] = {4}, d3[] = {3}, d2[] = {2}, d23[] = {2, 3}, d213[] = {2, 1, 3}, d20[] = {2, 0};
  static const int32_t i32[] = {1, -2, 3, 4};
  static const int8_t i8[] = {1, -2, 44};
  check_format(f32, 24, HAL_F32, 2, d23, "2x3xf32=[0.1 3.14159 INF][-1 1E-10 123457]");
  check_format(f32, 24, HAL_F32, 3, d213, "2x1x3xf32=[[0.1 3.14159 INF]][[-1 1E-10 123457]]");
  check_format(f32, 4, HAL_F32, 0, NULL, "f32=0.1");
  check_format(NULL, 0, HAL_F32, 2, d20, "2x0xf32=[][]");
  check_format(f64, 24, HAL_F64, 1, d3, "3xf64=0.1 -0 1E+300");
  check_format(i32, 16, HAL_I32, 1, d4, "4xi32=1 -2 3 4");
  check_format(i32, 8, HAL_U32, 1, d2, "2xui32=1 4294967294");
  check_format(i32, 8, 0x11000020, 1, d2, "2xsi32=1 -2");
  check_format(i8, 3, HAL_I8, 1, d3, "3xi8=1 -2 44");
  check_format(i8, 3, HAL_U8, 1, d3, "3xui8=1 254 44");
  check_format(i8, 3, HAL_BOOL8, 1, d3, "3xi1=01 FE 2C");
  check_format(i32, 6, 0x00000010, 1, d3, "3x*16=0100 0000 FEFF");
  check_format(i32, 6, 0x10000018, 1, d2, "2xi24=010000 00FEFF");
  check_format(i32, 2, 0x10000004, 1, d4, "4xi4=0100");
}

static void test_format_small_floats(void) {
  static const int64_t d4[] = {4}, d3[] = {3};
  static const uint16_t f16[] = {0x3c00, 0x7e00, 0xfc00, 0x0001}, bf16[] = {0x3f80, 1, 0xff80};
  static const uint8_t fn[] = {56, 184, 1}, fnuz[] = {56, 184, 128}, e5m2[] = {60, 188, 1},
                       e8[] = {127, 128, 255};
  check_format(f16, 8, HAL_F16, 1, d4, "4xf16=1 NAN -INF 5.96046E-08");
  check_format(bf16, 6, HAL_BF16, 1, d3, "3xbf16=1 9.18355E-41 -INF");
  check_format(fn, 3, 0x25000008, 1, d3, "3xf8E4M3FN=1 -1 0.00195312");
  check_format(e5m2, 3, 0x24000008, 1, d3, "3xf8E5M2=1 -1 1.52588E-05");
  check_format(fnuz, 3, 0x26000008, 1, d3, "3xf8E5M2FNUZ=0.25 -0.25 NAN");
  check_format(fnuz, 3, 0x27000008, 1, d3, "3xf8E4M3FNUZ=0.5 -0.5 NAN");
  check_format(e8, 3, 0x28000008, 1, d3, "3xf8E8M0FNU=1 2 NAN");
}

/* A shape without elements may claim any number of rows. */
static void test_format_endless(void) {
  static const int64_t dims[] = {(int64_t)1 << 40, 0};
  hal_buffer_view* view = NULL;
  vm_ref ref;
  CHECK_INT(hal_buffer_view_wrap(&counting, NULL, 0, HAL_F32, 2, dims, &view), VM_OK);
  CHECK(hal_format_view(view, NULL, 0) < (size_t)1 << 27);
  ref = (vm_ref)view;
  vm_release(&ref);
}

static void test_trace(vm_instance* vm) {
  static const int64_t d2[] = {2};
  vm_ref view = NULL, views[2];
  CHECK_INT(create(vm, 8, HAL_F32, 1, d2, &view), VM_OK);
  views[0] = views[1] = view;
  CHECK_INT(hal_inline_buffer_view_trace(vm, text(vm), 2, views), VM_OK);
  views[1] = NULL;
  CHECK_INT(hal_inline_buffer_view_trace(vm, text(vm), 2, views), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_inline_buffer_view_trace(vm, NULL, 1, views), VM_INVALID_ARGUMENT);
  vm_release(&view);
}

static void test_query(vm_instance* vm) {
  int32_t ok = -1;
  int64_t value = -1;
  CHECK_INT(hal_inline_device_query_i64(vm, vm_const_ref_rodata(vm, 1), text(vm), &ok, &value), VM_OK);
  CHECK(ok == 0 && value == 0);
  CHECK_INT(hal_inline_device_query_i64(vm, NULL, text(vm), &ok, &value), VM_INVALID_ARGUMENT);
}

/* ---- memory ---- */

static vm_status allocate_everything(vm_instance* vm) {
  static const int64_t dims[] = {2, 2};
  vm_ref buffer = NULL, storage = NULL, copy = NULL, copy_storage = NULL, view = NULL, part = NULL,
         wrapped = NULL;
  hal_buffer_view* host = NULL;
  vm_ref host_ref;
  uint8_t data[16];
  vm_status status = hal_inline_buffer_allocate(vm, 64, 32, &buffer, &storage);
  if (status == VM_OK) {
    status = hal_inline_buffer_allocate_initialized(vm, 64, storage, 8, 16, &copy, &copy_storage);
  }
  if (status == VM_OK) status = hal_inline_buffer_view_create(vm, buffer, 8, 16, HAL_F32, 1, 2, dims, &view);
  if (status == VM_OK) status = hal_inline_buffer_storage(vm, copy, &part);
  if (status == VM_OK) status = hal_inline_buffer_wrap(vm, part, 0, 8, &wrapped);
  if (status == VM_OK) status = hal_buffer_view_wrap(vm->allocator, data, 16, HAL_F32, 2, dims, &host);
  host_ref = (vm_ref)host;
  vm_release(&buffer), vm_release(&storage), vm_release(&copy), vm_release(&copy_storage), vm_release(&view);
  vm_release(&part), vm_release(&wrapped), vm_release(&host_ref);
  return status;
}

static void test_allocation_failures(void) {
  vm_status status = VM_RESOURCE_EXHAUSTED;
  vm_instance* vm;
  int64_t index;
  counter_reset(-1);
  vm = new_instance(&module);
  for (index = 0; status != VM_OK && index < 100; ++index) {
    int64_t blocks = the_counter.live_blocks;
    the_counter.allocations = 0;
    the_counter.fail_at = index;
    status = allocate_everything(vm);
    CHECK(status == VM_OK || status == VM_RESOURCE_EXHAUSTED);
    CHECK_INT(the_counter.live_blocks, blocks);
  }
  CHECK(index > 8 && index < 100);
  vm_instance_destroy(vm);
  counter_reset(-1);
}

int main(void) {
  vm_instance* vm = new_instance(&module);
  test_allocate(vm), test_subspan(vm), test_storage(vm);
  test_create(vm), test_assert(vm), test_trace(vm), test_query(vm);
  test_format_numbers(), test_format_small_floats(), test_format_endless();
  vm_instance_destroy(vm);
  test_allocation_failures();
  return check_failures != 0;
}
