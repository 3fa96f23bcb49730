/* SPDX-License-Identifier: Apache-2.0 */
/* Layouts, and the state that command buffers had before August 2024: constants and bindings are pushed, and a
 * dispatch takes what its executable's layout says from what was pushed last. */
#include <string.h>

#include "hal_internal.h"
#include "hal_module.h"

enum { ANY_QUEUE = -1, SET_SIZE = HAL_BINDING_LIMIT };

typedef struct set_layout {
  vm_object object;
  uint32_t used; /* a bit for each binding */
} set_layout;

struct hal_layout {
  vm_object object;
  uint32_t constant_count;
  uint32_t used[HAL_SET_LIMIT];
};

static void set_layout_destroy(vm_object* object) {
  vm_release_array(object->allocator, object, 1, sizeof(set_layout));
}

static void layout_destroy(vm_object* object) {
  vm_release_array(object->allocator, object, 1, sizeof(struct hal_layout));
}

const vm_type hal_type_descriptor_set_layout = {"!hal.descriptor_set_layout", VM_TYPE_REF,
                                                set_layout_destroy};
const vm_type hal_type_pipeline_layout = {"!hal.pipeline_layout", VM_TYPE_REF, layout_destroy};

/* ---- layouts ---- */

vm_status hal_descriptor_set_layout_create(vm_instance* vm, vm_ref device, int32_t flags, uint32_t count,
                                           const int32_t* bindings, const int32_t* types,
                                           const int32_t* binding_flags, vm_ref* result) {
  uint32_t used = 0, i;
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  (void)flags, (void)types, (void)binding_flags;
  if (status != VM_OK) return status;
  for (i = 0; i < count; ++i) {
    if ((uint32_t)bindings[i] >= SET_SIZE) {
      return vm_raise(vm, VM_OUT_OF_RANGE, "binding %d is beyond the %d of a set", (int)bindings[i],
                      (int)SET_SIZE);
    }
    used |= 1u << bindings[i];
  }
  *result = hal_new_object(vm, &hal_type_descriptor_set_layout, sizeof(set_layout));
  if (!*result) return hal_no_memory(vm, sizeof(set_layout));
  ((set_layout*)*result)->used = used;
  return VM_OK;
}

static vm_status check_sets(vm_instance* vm, uint32_t count, const vm_ref* sets) {
  vm_status status = VM_OK;
  uint32_t i;
  if (count > HAL_SET_LIMIT) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "%u descriptor sets, at most %d", (unsigned)count,
                    (int)HAL_SET_LIMIT);
  }
  for (i = 0; i < count && status == VM_OK; ++i)
    status = hal_check_type(vm, sets[i], &hal_type_descriptor_set_layout);
  return status;
}

vm_status hal_pipeline_layout_create(vm_instance* vm, vm_ref device, int32_t constant_count, uint32_t count,
                                     const vm_ref* set_layouts, vm_ref* result) {
  struct hal_layout* layout;
  uint32_t i;
  vm_status status = hal_check_type(vm, device, &hal_type_device);
  if (status == VM_OK) status = check_sets(vm, count, set_layouts);
  if (status != VM_OK) return status;
  if ((uint32_t)constant_count > HAL_CONSTANT_LIMIT) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "%d constants, at most %d", (int)constant_count,
                    (int)HAL_CONSTANT_LIMIT);
  }
  layout = (struct hal_layout*)hal_new_object(vm, &hal_type_pipeline_layout, sizeof *layout);
  if (!layout) return hal_no_memory(vm, sizeof *layout);
  layout->constant_count = (uint32_t)constant_count;
  for (i = 0; i < count; ++i) layout->used[i] = ((const set_layout*)set_layouts[i])->used;
  *result = &layout->object;
  return VM_OK;
}

static vm_status set_layouts_of(vm_instance* vm, hal_executable* executable, uint32_t count,
                                const vm_ref* layouts) {
  uint32_t i;
  for (i = 0; i < count; ++i) {
    vm_status status = hal_check_type(vm, layouts[i], &hal_type_pipeline_layout);
    if (status != VM_OK) return status;
  }
  executable->layouts = (vm_ref*)vm_allocate_array(vm->allocator, count, sizeof(vm_ref));
  if (!executable->layouts) return hal_no_memory(vm, (uint64_t)count * sizeof(vm_ref));
  executable->layout_count = count;
  for (i = 0; i < count; ++i) executable->layouts[i] = vm_retain(layouts[i]);
  return VM_OK;
}

vm_status hal_executable_create_v4(vm_instance* vm, vm_ref device, vm_ref format, vm_ref data,
                                   vm_ref constants, uint32_t count, const vm_ref* layouts, vm_ref* result) {
  vm_status status = hal_executable_create(vm, device, ANY_QUEUE, format, data, constants, result);
  if (status != VM_OK) return status;
  status = set_layouts_of(vm, (hal_executable*)*result, count, layouts);
  if (status != VM_OK) vm_release(result);
  return status;
}

/* ---- commands ---- */

vm_status hal_command_buffer_push_constants(vm_instance* vm, vm_ref command_buffer, vm_ref layout,
                                            int32_t offset, uint32_t count, const int32_t* values) {
  hal_pushed* state;
  vm_status status = hal_command_buffer_pushed(vm, command_buffer, &state);
  if (status == VM_OK) status = hal_check_type(vm, layout, &hal_type_pipeline_layout);
  if (status != VM_OK) return status;
  if ((uint32_t)offset > HAL_CONSTANT_LIMIT || count > HAL_CONSTANT_LIMIT - (uint32_t)offset) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "constants %d to %u, at most %d", (int)offset,
                    (unsigned)((uint32_t)offset + count), (int)HAL_CONSTANT_LIMIT);
  }
  if (count) memcpy(state->constants + offset, values, count * sizeof(int32_t));
  return VM_OK;
}

vm_status hal_command_buffer_push_descriptor_set(vm_instance* vm, vm_ref command_buffer, vm_ref layout,
                                                 int32_t set, uint32_t count, const int32_t* bindings,
                                                 const int32_t* slots, const vm_ref* buffers,
                                                 const int64_t* offsets, const int64_t* lengths) {
  hal_pushed* state;
  uint32_t i;
  vm_status status = hal_command_buffer_pushed(vm, command_buffer, &state);
  if (status == VM_OK) status = hal_check_type(vm, layout, &hal_type_pipeline_layout);
  if (status == VM_OK && (uint32_t)set >= HAL_SET_LIMIT) {
    status = vm_raise(vm, VM_OUT_OF_RANGE, "descriptor set %d, at most %d", (int)set, (int)HAL_SET_LIMIT);
  }
  for (i = 0; i < count && status == VM_OK; ++i) {
    hal_range* range;
    if ((uint32_t)bindings[i] >= SET_SIZE)
      return vm_raise(vm, VM_OUT_OF_RANGE, "binding %d", (int)bindings[i]);
    range = &state->bindings[(uint32_t)set * SET_SIZE + (uint32_t)bindings[i]];
    hal_range_release(range);
    status = hal_range_set(vm, range, slots[i], buffers[i], offsets[i], lengths[i]);
  }
  return status;
}

/* What a dispatch passes: the pushed bindings that the layout uses, numbered without gaps. */
typedef struct snapshot {
  uint32_t count;
  int32_t slots[HAL_BINDING_LIMIT];
  vm_ref buffers[HAL_BINDING_LIMIT];
  int64_t offsets[HAL_BINDING_LIMIT];
  int64_t lengths[HAL_BINDING_LIMIT];
} snapshot;

static int take_binding(snapshot* taken, const hal_range* range) {
  uint32_t at = taken->count;
  if (at >= HAL_BINDING_LIMIT) return 0;
  taken->slots[at] = (int32_t)range->slot;
  taken->buffers[at] = (vm_ref)range->buffer;
  taken->offsets[at] = (int64_t)range->offset;
  taken->lengths[at] = (int64_t)range->length;
  taken->count += 1;
  return 1;
}

static int take_bindings(snapshot* taken, const hal_pushed* state, const struct hal_layout* layout) {
  uint32_t set, binding;
  taken->count = 0;
  for (set = 0; set < HAL_SET_LIMIT; ++set) {
    for (binding = 0; binding < SET_SIZE; ++binding) {
      if (!(layout->used[set] >> binding & 1u)) continue;
      if (!take_binding(taken, &state->bindings[set * SET_SIZE + binding])) return 0;
    }
  }
  return 1;
}

vm_status hal_command_buffer_dispatch_v4(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                         int32_t function, int32_t x, int32_t y, int32_t z, int64_t flags) {
  const hal_executable* target = (const hal_executable*)executable;
  const struct hal_layout* layout;
  hal_pushed* state;
  snapshot taken;
  vm_status status = hal_command_buffer_pushed(vm, command_buffer, &state);
  if (status == VM_OK) status = hal_check_type(vm, executable, &hal_type_executable);
  if (status != VM_OK) return status;
  if ((uint32_t)function >= target->layout_count) {
    return vm_raise(vm, VM_OUT_OF_RANGE, "executable has no layout for function %d", (int)function);
  }
  layout = (const struct hal_layout*)target->layouts[function];
  if (!take_bindings(&taken, state, layout)) return vm_raise(vm, VM_OUT_OF_RANGE, "too many bindings");
  return hal_command_buffer_dispatch(vm, command_buffer, executable, function, x, y, z, flags,
                                     layout->constant_count, state->constants, taken.count, NULL, taken.slots,
                                     taken.buffers, taken.offsets, taken.lengths);
}

vm_status hal_command_buffer_dispatch_v2(vm_instance* vm, vm_ref command_buffer, vm_ref executable,
                                         int32_t function, int32_t x, int32_t y, int32_t z) {
  return hal_command_buffer_dispatch_v4(vm, command_buffer, executable, function, x, y, z, 0);
}
