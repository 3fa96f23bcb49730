/* Functions of the module hal that compilers rarely or never call: recording, binding tables, fences, files, failures
 * of every allocation.  The kernels are written by hand. */
#include "hal_module.h"

#include "../csupport/check.h"

/* ---- a nested module: two kernels ---- */

static vm_status add_constant(vm_instance* vm, const vm_span* bindings, const vm_span* constants,
                              int32_t id_x, int32_t id_y, int32_t id_z, int32_t count_x, int32_t count_y,
                              int32_t count_z) {
  int64_t index = ((int64_t)id_z * count_y + id_y) * count_x + id_x;
  int32_t value = 0, amount = 0;
  vm_status status = vm_buffer_load_i32(vm, bindings[0], index, &value);
  (void)count_z;
  if (status == VM_OK) status = vm_buffer_load_i32(vm, *constants, 0, &amount);
  if (status == VM_OK) status = vm_buffer_store_i32(vm, bindings[1], index, vm_add_i32(value, amount));
  return status;
}

static vm_status generic_fill(vm_instance* vm, const vm_export* self, const vm_value* arguments,
                              vm_value* results) {
  vm_variant target;
  int32_t value = 0;
  vm_status status = vm_buffer_load_i32(vm, vm_buffer_span(arguments[1].ref), 0, &value);
  (void)self, (void)results;
  if (status == VM_OK) status = vm_list_at((const vm_list*)arguments[2].ref, 0, &target);
  if (status != VM_OK) return status;
  CHECK_INT(arguments[6].i32, 1);
  return vm_buffer_store_i32(vm, vm_buffer_span(target.value.ref), arguments[3].i32,
                             value + arguments[3].i32);
}

static const vm_export nested_exports[] = {
    {.name = "add", .convention = "0rrriiiiiiiii_v"},
    {.name = "fill", .convention = "0rrriiiiiiiii_v", .invoke = generic_fill}};
static const vm_module nested = {.name = "nested", .exports = nested_exports, .export_count = 2};
static const hal_binding_get taken[] = {{0, 10}, {1, 20}};
static const hal_kernel kernels[] = {{add_constant, 2, 1, taken, 2, 0}, {NULL, -1, -1, NULL, 0, 1}};
static const hal_executable_code code = {&nested, kernels, 2};

/* ---- the program ---- */

enum { CODE, FORMAT, OTHER_FORMAT, ADD, FILL, DATA, SEGMENTS };
static const int32_t data[] = {1, 2, 3, 4};
#define SEGMENT(bytes, count) {.data = (const uint8_t*)(bytes), .length = (count)}
static const vm_rodata rodata[SEGMENTS] = {
    [FORMAT] = SEGMENT(HAL_FORMAT_VMVX, sizeof HAL_FORMAT_VMVX - 1),
    [OTHER_FORMAT] = SEGMENT("embedded-elf-x86_64", 19),
    [ADD] = SEGMENT("add", 3),
    [FILL] = SEGMENT("fill", 4),
    [DATA] = SEGMENT(data, sizeof data),
};
static const hal_executable_code* const executables[SEGMENTS] = {&code};
static const vm_module module = {
    .name = "m", .rodata = rodata, .rodata_count = SEGMENTS, .executables = executables};

static vm_ref text(vm_instance* vm, uint32_t segment) { return vm_const_ref_rodata(vm, segment); }

static vm_ref device_of(vm_instance* vm) {
  vm_ref device = NULL;
  CHECK_INT(hal_devices_get(vm, 0, &device), VM_OK);
  return device;
}

static vm_ref new_buffer(vm_instance* vm, int64_t size) {
  vm_ref buffer = NULL;
  CHECK_INT(hal_device_queue_alloca(vm, device_of(vm), -1, NULL, NULL, 0, 0x30, 0xC03, size, 0, &buffer),
            VM_OK);
  return buffer;
}

static vm_ref new_commands(vm_instance* vm) {
  vm_ref commands = NULL;
  CHECK_INT(hal_command_buffer_create(vm, device_of(vm), 0, 3, -1, 4, &commands), VM_OK);
  return commands;
}

static vm_ref new_executable(vm_instance* vm) {
  vm_ref executable = NULL;
  CHECK_INT(hal_executable_create(vm, device_of(vm), -1, text(vm, FORMAT), text(vm, CODE), NULL, &executable),
            VM_OK);
  return executable;
}

static int32_t word(vm_instance* vm, vm_ref buffer, int64_t index) {
  int32_t value = -1;
  CHECK_INT(hal_buffer_load(vm, buffer, index * 4, 4, &value), VM_OK);
  return value;
}

/* ---- tests ---- */

static void test_devices(vm_instance* vm) {
  vm_ref none = device_of(vm), allocator = NULL;
  int32_t count = 0, ok = -1;
  int64_t value = -1;
  CHECK_INT(hal_devices_count(vm, &count), VM_OK);
  CHECK_INT(count, 1);
  CHECK_INT(hal_devices_get(vm, 1, &none), VM_OK);
  CHECK(none == NULL);
  CHECK_INT(hal_device_allocator(vm, NULL, &allocator), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_device_allocator(vm, device_of(vm), &allocator), VM_OK);
  CHECK(allocator->type == &hal_type_allocator);
  CHECK_INT(hal_device_query_i64(vm, device_of(vm), text(vm, ADD), text(vm, ADD), &ok, &value), VM_OK);
  CHECK_INT(ok, 0);
  CHECK_INT(value, 0);
}

static void test_executables(vm_instance* vm) {
  vm_ref executable = NULL;
  int64_t function = -1;
  CHECK_INT(
      hal_executable_create(vm, device_of(vm), -1, text(vm, OTHER_FORMAT), text(vm, CODE), NULL, &executable),
      VM_NOT_FOUND);
  CHECK_INT(hal_executable_create(vm, device_of(vm), -1, text(vm, FORMAT), text(vm, ADD), NULL, &executable),
            VM_UNIMPLEMENTED);
  CHECK_INT(hal_executable_create(vm, device_of(vm), -1, text(vm, FORMAT), text(vm, CODE), text(vm, DATA),
                                  &executable),
            VM_INVALID_ARGUMENT);
  executable = new_executable(vm);
  CHECK_INT(hal_executable_lookup_function(vm, executable, text(vm, FILL), &function), VM_OK);
  CHECK_INT(function, 1);
  CHECK_INT(hal_executable_lookup_function(vm, executable, text(vm, FORMAT), &function), VM_NOT_FOUND);
  CHECK_INT(hal_executable_lookup_function(vm, NULL, text(vm, ADD), &function), VM_INVALID_ARGUMENT);
  vm_release(&executable);
}

static vm_status dispatch(vm_instance* vm, vm_ref commands, vm_ref executable, int32_t x, uint32_t constants,
                          vm_ref source, vm_ref target, uint32_t bindings) {
  return hal_command_buffer_dispatch(vm, commands, executable, 0, x, 1, 1, 0, constants,
                                     (const int32_t[]){10, 20}, bindings, (const int32_t[]){0, 0},
                                     (const int32_t[]){0, 1}, (const vm_ref[]){source, target},
                                     (const int64_t[]){0, 0}, (const int64_t[]){-1, -1});
}

/* A command buffer is run again with other tables; what was captured stays. */
static void test_binding_tables(vm_instance* vm) {
  vm_ref commands = new_commands(vm), executable = new_executable(vm), a = new_buffer(vm, 16),
         b = new_buffer(vm, 16);
  CHECK_INT(hal_command_buffer_update_buffer(vm, commands, text(vm, DATA), 4, NULL, 0, 8, 0, 0), VM_OK);
  CHECK_INT(hal_command_buffer_fill_buffer(vm, commands, NULL, 8, 8, 0, 7, 4, 0), VM_OK);
  CHECK_INT(hal_command_buffer_execution_barrier(vm, commands, 28, 13, 0), VM_OK);
  CHECK_INT(dispatch(vm, commands, executable, 4, 1, NULL, NULL, 2), VM_OK);
  CHECK_INT(hal_command_buffer_copy_buffer(vm, commands, 1, 1, NULL, 0, NULL, 12, 4, 0), VM_OK);
  CHECK_INT(hal_device_queue_execute(vm, device_of(vm), -1, NULL, NULL, commands, 0), VM_FAILED_PRECONDITION);
  CHECK_INT(hal_command_buffer_finalize(vm, commands), VM_OK);
  CHECK_INT(hal_command_buffer_fill_buffer(vm, commands, a, 0, 4, 0, 0, 4, 0), VM_FAILED_PRECONDITION);
  CHECK_INT(hal_device_queue_execute_indirect(vm, device_of(vm), -1, NULL, NULL, commands, 0, 2,
                                              (const vm_ref[]){a, b}, (const int64_t[]){0, 0},
                                              (const int64_t[]){-1, 16}),
            VM_OK);
  CHECK_INT(word(vm, a, 0), 2);
  CHECK_INT(word(vm, a, 2), 7);
  CHECK_INT(word(vm, b, 1), 13);
  CHECK_INT(word(vm, b, 3), 12);
  /* swapped, nothing bound, too short a table, too short an entry */
  CHECK_INT(hal_device_queue_execute_indirect(vm, device_of(vm), -1, NULL, NULL, commands, 0, 2,
                                              (const vm_ref[]){b, a}, (const int64_t[]){0, 0},
                                              (const int64_t[]){16, 16}),
            VM_OK);
  CHECK_INT(word(vm, a, 0), 12);
  CHECK_INT(hal_device_queue_execute(vm, device_of(vm), -1, NULL, NULL, commands, 0), VM_FAILED_PRECONDITION);
  CHECK_INT(hal_device_queue_execute_indirect(vm, device_of(vm), -1, NULL, NULL, commands, 0, 1, &a,
                                              (const int64_t[]){0}, (const int64_t[]){-1}),
            VM_OUT_OF_RANGE);
  CHECK_INT(hal_device_queue_execute_indirect(vm, device_of(vm), -1, NULL, NULL, commands, 0, 2,
                                              (const vm_ref[]){a, b}, (const int64_t[]){0, 4},
                                              (const int64_t[]){12, -1}),
            VM_OUT_OF_RANGE);
  CHECK_INT(hal_device_queue_execute_indirect(vm, device_of(vm), -1, NULL, NULL, commands, 0, 2,
                                              (const vm_ref[]){a, NULL}, (const int64_t[]){0, 0},
                                              (const int64_t[]){-1, -1}),
            VM_FAILED_PRECONDITION);
  vm_release(&commands), vm_release(&executable), vm_release(&a), vm_release(&b);
}

static vm_status run(vm_instance* vm, vm_ref* commands) {
  vm_status status = hal_command_buffer_finalize(vm, *commands);
  if (status == VM_OK) status = hal_device_queue_execute(vm, device_of(vm), -1, NULL, NULL, *commands, 0);
  vm_release(commands);
  return status;
}

static void test_dispatch_checks(vm_instance* vm) {
  vm_ref executable = new_executable(vm), a = new_buffer(vm, 16), b = new_buffer(vm, 8), commands;
  commands = new_commands(vm);
  CHECK_INT(dispatch(vm, commands, executable, 4, 2, a, b, 2), VM_OK);
  CHECK_INT(run(vm, &commands), VM_INVALID_ARGUMENT);
  commands = new_commands(vm);
  CHECK_INT(dispatch(vm, commands, executable, 4, 1, a, b, 1), VM_OK);
  CHECK_INT(run(vm, &commands), VM_INVALID_ARGUMENT);
  commands = new_commands(vm);
  CHECK_INT(dispatch(vm, commands, executable, 0, 1, a, b, 2), VM_OK);
  CHECK_INT(run(vm, &commands), VM_OK);
  commands = new_commands(vm);
  CHECK_INT(dispatch(vm, commands, executable, 4, 1, a, b, 2), VM_OK); /* the third workgroup fails */
  CHECK_INT(run(vm, &commands), VM_OUT_OF_RANGE);
  CHECK_MESSAGE(vm, "out-of-bounds access detected (offset=8, length=4, alignment=4, buffer length=8)");
  CHECK_INT(word(vm, b, 1), 10);
  commands = new_commands(vm);
  CHECK_INT(dispatch(vm, commands, executable, 1, 1, a, text(vm, DATA), 2), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_command_buffer_dispatch(vm, commands, executable, 9, 1, 1, 1, 0, 0, NULL, 0, NULL, NULL, NULL,
                                        NULL, NULL),
            VM_OK);
  CHECK_INT(run(vm, &commands), VM_OUT_OF_RANGE);
  commands = new_commands(vm);
  CHECK_INT(hal_command_buffer_dispatch(vm, commands, executable, 0, 1, 1, 1, 4, 0, NULL, 0, NULL, NULL, NULL,
                                        NULL, NULL),
            VM_UNIMPLEMENTED);
  vm_release(&commands), vm_release(&executable), vm_release(&a), vm_release(&b);
}

/* Workgroup counts from a buffer; a kernel that takes a list. */
static void test_indirect_and_generic(vm_instance* vm) {
  vm_ref executable = new_executable(vm), groups = new_buffer(vm, 16), target = new_buffer(vm, 16);
  vm_ref commands = new_commands(vm);
  int32_t k;
  for (k = 0; k < 3; ++k) CHECK_INT(hal_buffer_store(vm, k == 0 ? 4 : 1, groups, 4 + 4 * k, 4), VM_OK);
  CHECK_INT(hal_command_buffer_dispatch_indirect(vm, commands, executable, 1, 0, groups, 4, 0, 1,
                                                 (const int32_t[]){100}, 1, (const int32_t[]){0},
                                                 (const int32_t[]){0}, &target, (const int64_t[]){0},
                                                 (const int64_t[]){16}),
            VM_OK);
  CHECK_INT(run(vm, &commands), VM_OK);
  CHECK_INT(word(vm, target, 3), 103);
  vm_release(&executable), vm_release(&groups), vm_release(&target);
}

static void test_fences(vm_instance* vm) {
  vm_ref fence = NULL, other = NULL, joined = NULL;
  int32_t status = -1;
  CHECK_INT(hal_fence_create(vm, device_of(vm), 0, &fence), VM_OK);
  CHECK_INT(hal_fence_create(vm, device_of(vm), 0, &other), VM_OK);
  CHECK_INT(hal_fence_query(vm, fence, &status), VM_OK);
  CHECK_INT(status, VM_DEFERRED);
  CHECK_INT(hal_fence_await(vm, 0, 0, 1, &fence, &status), VM_OK);
  CHECK_INT(status, VM_DEADLINE_EXCEEDED);
  CHECK_INT(hal_fence_await(vm, -1, 0, 1, &fence, &status), VM_FAILED_PRECONDITION);
  CHECK_INT(hal_device_queue_barrier(vm, device_of(vm), -1, fence, NULL, 0), VM_FAILED_PRECONDITION);
  CHECK_INT(hal_fence_join(vm, 0, 2, (const vm_ref[]){NULL, fence}, &joined), VM_OK);
  CHECK(joined == fence);
  vm_release(&joined);
  CHECK_INT(hal_device_queue_barrier(vm, device_of(vm), -1, NULL, fence, 0), VM_OK);
  CHECK_INT(hal_fence_await(vm, -1, 0, 2, (const vm_ref[]){fence, NULL}, &status), VM_OK);
  CHECK_INT(status, VM_OK);
  CHECK_INT(hal_fence_join(vm, 0, 2, (const vm_ref[]){NULL, fence}, &joined), VM_OK);
  CHECK(joined == NULL);
  CHECK_INT(hal_fence_fail(vm, other, VM_ABORTED), VM_OK);
  CHECK_INT(hal_fence_signal(vm, other), VM_OK); /* the first outcome stays */
  CHECK_INT(hal_fence_query(vm, other, &status), VM_OK);
  CHECK_INT(status, VM_ABORTED);
  vm_release(&fence);
  CHECK_INT(hal_fence_create(vm, device_of(vm), 0, &fence), VM_OK);
  CHECK_INT(hal_device_queue_barrier(vm, device_of(vm), -1, other, fence, 0), VM_ABORTED);
  CHECK_INT(hal_fence_query(vm, fence, &status), VM_OK);
  CHECK_INT(status, VM_ABORTED);
  CHECK_INT(hal_fence_await(vm, -1, 0, 1, &other, &status), VM_ABORTED);
  CHECK_INT(hal_fence_signal(vm, NULL), VM_INVALID_ARGUMENT);
  vm_release(&fence), vm_release(&other);
}

static void test_queues(vm_instance* vm) {
  vm_ref a = new_buffer(vm, 16), none = NULL, file = NULL, device = device_of(vm);
  CHECK_INT(hal_device_queue_alloca(vm, device, -1, NULL, NULL, 1, 0, 0, 4, 0, &none), VM_UNIMPLEMENTED);
  CHECK_INT(hal_device_queue_update(vm, device, -1, NULL, NULL, text(vm, DATA), 4, a, 8, 8, 0), VM_OK);
  CHECK_INT(word(vm, a, 3), 3);
  CHECK_INT(hal_device_queue_update(vm, device, -1, NULL, NULL, text(vm, DATA), 12, a, 0, 8, 0),
            VM_OUT_OF_RANGE);
  CHECK_INT(hal_device_queue_copy(vm, device, -1, NULL, NULL, a, 8, a, 0, 8, 0), VM_OK);
  CHECK_INT(word(vm, a, 0), 2);
  CHECK_INT(hal_device_queue_copy(vm, device, -1, NULL, NULL, a, 4, a, 0, 8, 0), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_device_queue_fill(vm, device, -1, NULL, NULL, a, 0, 0, 1, 4, 0), VM_OK);
  CHECK_INT(hal_device_queue_fill(vm, device, -1, NULL, NULL, a, 2, 4, 1, 4, 0), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_device_queue_fill(vm, device, -1, NULL, NULL, a, 0, 4, 1, 3, 0), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_device_queue_fill(vm, device, -1, NULL, NULL, a, 16, 4, 1, 4, 0), VM_OUT_OF_RANGE);
  CHECK_INT(hal_ex_file_from_memory(vm, device, -1, 2, text(vm, DATA), 0, -1, 0, &file),
            VM_PERMISSION_DENIED);
  CHECK_INT(hal_ex_file_from_memory(vm, device, -1, 1, text(vm, DATA), 4, -1, 0, &file), VM_OK);
  CHECK_INT(hal_device_queue_read(vm, device, -1, NULL, NULL, file, 4, a, 0, 8, 0), VM_OK);
  CHECK_INT(word(vm, a, 0), 3);
  CHECK_INT(hal_device_queue_read(vm, device, -1, NULL, NULL, file, 8, a, 0, 8, 0), VM_OUT_OF_RANGE);
  CHECK_INT(hal_device_queue_write(vm, device, -1, NULL, NULL, a, 0, file, 0, 4, 0), VM_PERMISSION_DENIED);
  CHECK_INT(hal_device_queue_dealloca(vm, device, -1, NULL, NULL, a, 0), VM_OK);
  CHECK_INT(hal_device_queue_flush(vm, NULL, -1), VM_INVALID_ARGUMENT);
  vm_release(&a), vm_release(&file);
}

/* What the embedder shows for reading is not written. */
static void test_wrapped_const(vm_instance* vm) {
  static const int32_t numbers[] = {1, 2, 3};
  static const int64_t dims[] = {3};
  hal_buffer_view* view = NULL;
  vm_ref ref, buffer = NULL;
  CHECK_INT(hal_buffer_view_wrap_const(vm->allocator, numbers, sizeof numbers, HAL_I32, 1, dims, &view), VM_OK);
  CHECK(hal_buffer_view_data(view) == (const uint8_t*)numbers);
  ref = &view->object;
  CHECK_INT(hal_inline_buffer_view_buffer(vm, ref, &buffer), VM_OK);
  CHECK_INT(word(vm, buffer, 0), 1);
  CHECK_INT(hal_buffer_store(vm, 1, buffer, 0, 4), VM_PERMISSION_DENIED);
  CHECK_INT(hal_device_queue_fill(vm, device_of(vm), -1, NULL, NULL, buffer, 0, 4, 0, 4, 0),
            VM_PERMISSION_DENIED);
  vm_release(&buffer);
  vm_release(&ref);
}

static void test_allocators(vm_instance* vm) {
  vm_ref allocator = NULL, buffer = NULL;
  int32_t value = 0, last = -1;
  CHECK_INT(hal_device_allocator(vm, device_of(vm), &allocator), VM_OK);
  CHECK_INT(hal_allocator_import(vm, allocator, 0, -1, 0x30, 0xC03, text(vm, DATA), 0, -1, &buffer),
            VM_PERMISSION_DENIED);
  CHECK_INT(hal_allocator_import(vm, allocator, 0, -1, 0x30, 0x80C03, text(vm, DATA), 8, 9, &buffer),
            VM_INVALID_ARGUMENT);
  CHECK_INT(hal_allocator_import(vm, allocator, 0, -1, 0x30, 0x80C03, text(vm, DATA), 4, -1, &buffer), VM_OK);
  CHECK_INT(word(vm, buffer, 0), 2);
  CHECK_INT(hal_buffer_store(vm, 1, buffer, 0, 4), VM_PERMISSION_DENIED);
  CHECK_INT(hal_device_queue_fill(vm, device_of(vm), -1, NULL, NULL, buffer, 0, 4, 1, 4, 0),
            VM_PERMISSION_DENIED);
  CHECK_INT(hal_buffer_load(vm, buffer, 0, 5, &value), VM_INVALID_ARGUMENT);
  CHECK_INT(hal_buffer_load(vm, buffer, 10, 4, &value), VM_OUT_OF_RANGE);
  CHECK_INT(hal_buffer_load(vm, buffer, 11, 1, &value), VM_OK);
  CHECK_INT(hal_buffer_assert(vm, buffer, text(vm, ADD), allocator, 13, 0x10, 0xC03), VM_INVALID_ARGUMENT);
  CHECK_MESSAGE(vm, "add buffer byte length 12 less than expected minimum 13");
  CHECK_INT(hal_buffer_allocation_preserve(vm, buffer), VM_OK);
  CHECK_INT(hal_buffer_allocation_is_terminal(vm, buffer, &last), VM_OK);
  CHECK_INT(last, 0);
  CHECK_INT(hal_buffer_allocation_discard(vm, buffer, &last), VM_OK);
  CHECK_INT(last, 0);
  CHECK_INT(hal_buffer_allocation_discard(vm, buffer, &last), VM_OK);
  CHECK_INT(last, 1);
  vm_release(&buffer);
}

/* Bindings and constants that are pushed, as until August 2024. */
static void test_pushed(vm_instance* vm) {
  vm_ref set = NULL, layout = NULL, executable = NULL, commands = NULL, device = device_of(vm);
  vm_ref a = new_buffer(vm, 16), b = new_buffer(vm, 16);
  CHECK_INT(hal_descriptor_set_layout_create(vm, device, 0, 2, (const int32_t[]){1, 4},
                                             (const int32_t[]){7, 7}, (const int32_t[]){1, 0}, &set),
            VM_OK);
  CHECK_INT(hal_pipeline_layout_create(vm, device, 1, 1, &set, &layout), VM_OK);
  CHECK_INT(
      hal_executable_create_v4(vm, device, text(vm, FORMAT), text(vm, CODE), NULL, 1, &layout, &executable),
      VM_OK);
  CHECK_INT(hal_command_buffer_create_v2(vm, device, 17, 3, 0, &commands), VM_OK);
  CHECK_INT(hal_command_buffer_push_constants(vm, commands, layout, 0, 1, (const int32_t[]){5}), VM_OK);
  CHECK_INT(hal_command_buffer_push_constants(vm, commands, layout, 60, 5, data), VM_OUT_OF_RANGE);
  CHECK_INT(hal_command_buffer_push_descriptor_set(vm, commands, layout, 0, 2, (const int32_t[]){4, 1},
                                                   (const int32_t[]){0, 0}, (const vm_ref[]){b, a},
                                                   (const int64_t[]){0, 0}, (const int64_t[]){-1, -1}),
            VM_OK);
  CHECK_INT(hal_command_buffer_dispatch_v2(vm, commands, executable, 0, 2, 2, 1), VM_OK);
  CHECK_INT(hal_command_buffer_push_constants(vm, commands, layout, 0, 1, (const int32_t[]){6}), VM_OK);
  CHECK_INT(hal_command_buffer_dispatch_v2(vm, commands, executable, 1, 2, 2, 1), VM_OUT_OF_RANGE);
  CHECK_INT(run(vm, &commands), VM_OK);
  CHECK_INT(word(vm, b, 3), 5);
  vm_release(&set), vm_release(&layout), vm_release(&executable), vm_release(&a), vm_release(&b);
}

/* Everything that allocates, with one allocation failing: an error, and nothing lost. */
static vm_status whole_program(vm_instance* vm) {
  vm_ref commands = NULL, executable = NULL, a = NULL, fence = NULL, device = device_of(vm);
  vm_status status = hal_device_queue_alloca(vm, device, -1, NULL, NULL, 0, 0, 0, 16, 0, &a);
  if (status == VM_OK) status = hal_fence_create(vm, device, 0, &fence);
  if (status == VM_OK)
    status = hal_executable_create(vm, device, -1, text(vm, FORMAT), text(vm, CODE), NULL, &executable);
  if (status == VM_OK) status = hal_command_buffer_create(vm, device, 1, 3, -1, 0, &commands);
  if (status == VM_OK)
    status = hal_command_buffer_update_buffer(vm, commands, text(vm, DATA), 0, a, 0, 16, 0, 0);
  if (status == VM_OK) status = dispatch(vm, commands, executable, 4, 1, a, a, 2);
  if (status == VM_OK) {
    status = hal_command_buffer_dispatch(vm, commands, executable, 1, 4, 1, 1, 0, 1, (const int32_t[]){3}, 1,
                                         (const int32_t[]){0}, (const int32_t[]){0}, &a, (const int64_t[]){0},
                                         (const int64_t[]){-1});
  }
  if (status == VM_OK) status = hal_command_buffer_finalize(vm, commands);
  if (status == VM_OK) status = hal_device_queue_execute(vm, device, -1, NULL, fence, commands, 0);
  if (status == VM_OK) CHECK_INT(word(vm, a, 2), 5);
  vm_release(&commands), vm_release(&executable), vm_release(&a), vm_release(&fence);
  return status;
}

static void test_allocation_failures(vm_instance* vm) {
  int64_t before = the_counter.live_blocks, start;
  vm_status status = VM_RESOURCE_EXHAUSTED;
  int k;
  for (k = 0; k < 200 && status != VM_OK; ++k) {
    start = the_counter.allocations;
    the_counter.fail_at = start + k;
    status = whole_program(vm);
    the_counter.fail_at = -1;
    CHECK(status == VM_OK || status == VM_RESOURCE_EXHAUSTED);
    CHECK_INT(the_counter.live_blocks, before);
  }
  CHECK(k > 10);
  CHECK_INT(status, VM_OK);
}

int main(void) {
  static void (*const tests[])(vm_instance*) = {
      test_devices, test_executables, test_binding_tables, test_dispatch_checks, test_indirect_and_generic,
      test_fences,  test_queues,      test_allocators,     test_wrapped_const,   test_pushed,
      test_allocation_failures};
  size_t i;
  for (i = 0; i < sizeof tests / sizeof tests[0]; ++i) {
    vm_instance* vm = new_instance(&module);
    tests[i](vm);
    vm_instance_destroy(vm);
    counter_reset(-1);
  }
  return check_failures != 0;
}
