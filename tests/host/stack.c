/* stack_test BYTES LIMIT N: calls f(N) of a module on a thread with a stack of so many bytes. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "m.h"

typedef struct task {
  uint32_t limit;
  int32_t argument, result;
  vm_status status;
} task;

static void* call(void* self) {
  task* t = (task*)self;
  const vm_options options = {.stack_limit = t->limit};
  vm_instance* vm = NULL;
  t->status = m_create(&options, &vm);
  if (!t->status) t->status = m_f(vm, t->argument, &t->result);
  m_destroy(vm);
  return NULL;
}

int main(int count, char** arguments) {
  pthread_attr_t attributes;
  pthread_t thread;
  task t = {0, 0, 0, VM_UNKNOWN};
  if (count != 4) return 2;
  t.limit = (uint32_t)strtoul(arguments[2], NULL, 10);
  t.argument = (int32_t)strtol(arguments[3], NULL, 10);
  if (pthread_attr_init(&attributes)) return 3;
  if (pthread_attr_setstacksize(&attributes, strtoul(arguments[1], NULL, 10))) return 3;
  if (pthread_create(&thread, &attributes, call, &t) || pthread_join(thread, NULL)) return 3;
  printf("%s %" PRId32 "\n", vm_status_name(t.status), t.result);
  return 0;
}
