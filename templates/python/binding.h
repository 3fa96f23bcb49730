/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime as the Python binding sees it: a few plain functions over inline functions and HAL objects. */
#ifndef BINDING_H
#define BINDING_H

#include "vm.h"

/* Takes one more reference; null is allowed. */
void binding_retain(vm_ref ref);

/* Gives one reference back; null is allowed. */
void binding_release(vm_ref ref);

/* How many references there are: what is above 1 belongs to somebody else. */
uint32_t binding_references(vm_ref ref);

/* A dense tensor in somebody's memory, or with rank 0 and no element type plain bytes. */
typedef struct binding_view {
  uint8_t* data;
  uint64_t length; /* bytes */
  uint32_t access; /* VM_ACCESS_… */
  uint32_t element_type;
  uint32_t rank;
  const int64_t* dims;
} binding_view;

/* New buffer view (with an element type) or buffer (without) over bytes that `owner` keeps alive. */
vm_status binding_wrap(const binding_view* view, vm_ref owner, vm_ref* result);

/* What a buffer view or a buffer covers; INVALID_ARGUMENT for any other object. */
vm_status binding_read(vm_ref ref, binding_view* result);

/* What calls of an instance have to do with the thread that makes them.  Long ones ask Python now and then whether to go
 * on: `ask` is called when so many seconds have passed, on threads that Python delivers signals to. */
typedef struct binding_watch binding_watch;
struct binding_watch {
  vm_status (*ask)(vm_instance* vm);
  void (*look)(binding_watch* watch); /* sets `stack` and `gets_signals` for the calling thread */
  double period;                      /* seconds */
  double next;                        /* when to ask again */
  uintptr_t thread;                   /* that was looked at last; 0: none */
  uintptr_t stack;                    /* its lowest address */
  int32_t gets_signals;
  uint32_t threads; /* that instances of before a fork may use in the child; 0: as they were told */
};

/* The lowest address of the calling thread's C stack; 0 where that cannot be found out. */
uintptr_t binding_stack(void);

/* What vm_options.stack_limit is for a call that starts here on a stack with this lowest address. */
uint32_t binding_stack_limit(uintptr_t lowest);

/* vm_invoke on whatever thread this is. */
vm_status binding_invoke(vm_instance* vm, const vm_export* function, const vm_value* arguments, vm_value* results,
                         binding_watch* watch);

/* ---- calls whose arguments and results are arrays and numbers, each with one crossing ---- */

/* A dense tensor of a call. */
typedef struct binding_tensor {
  uint32_t place; /* of its value, among the arguments or among the results */
  uint32_t element_type;
  uint32_t alignment; /* that an argument's address must have */
  uint32_t rank;
  int64_t* dims;           /* an argument's are its view's; a result's are those of the place it goes to, or that it needs */
  const int64_t* declared; /* a result's: -1 for one that is open */
  vm_ref view, owner;      /* an argument's: made by binding_wrap, with this owner */
} binding_tensor;

/* A call that is made again and again, by one caller at a time.  Arguments are shown to the module in the caller's memory,
 * which is only right for those that it does not write, keep or return; results are copied to the caller's. */
typedef struct binding_plan {
  vm_instance* vm;
  const vm_export* function;
  binding_watch* watch;
  uint32_t argument_count, result_count; /* that are tensors */
  binding_tensor *arguments, *results;
  void** data; /* where arguments are, and then where results go; NULL for a result that is left where it is */
  vm_value *values, *returned;
  uint64_t most; /* bytes of results that are to be copied */
  vm_status status;
  int32_t is_refused; /* since an argument is not aligned: nothing was called */
  int32_t is_left;    /* all went well, and the results are in `returned` for the caller to take over */
  int32_t is_sized;   /* they are left for want of places to go to, small, and `dims` say how large the places must be */
  int32_t is_kept;    /* the module still has an argument: the plan is not to be used again */
} binding_plan;

/* Whether the call went well and its results are where they should be; else the plan says what happened. */
int32_t binding_call(binding_plan* plan);

/* Copies the results of the last call out, all of them or, where one is not the tensor that is expected, none. */
int32_t binding_take(const binding_plan* plan);

/* So many calls, until one does not go well or `stop` is set; each tensor's address grows by `steps` between two.  Returns
 * how many went well. */
uint64_t binding_call_each(binding_plan* plan, uint64_t count, const uint64_t* steps, const int32_t* stop);

/* vm_instance_destroy on any thread. */
void binding_destroy(vm_instance* vm);

/* A vm_poll, whose `self` is a watch. */
vm_status binding_poll(vm_instance* vm, void* self);

/* vm_list_append, with the union by address: libffi cannot pass one by value. */
vm_status binding_append(vm_list* list, const vm_variant* value);

#endif
