/* Runs calls of many modules in one process, without Python: for the sanitizers.
 *
 *   runner SCRIPT DATA OUT
 *
 * SCRIPT is text.  Tensors lie in DATA; those of results are appended to OUT.
 *
 *   open MODULE                         a fresh instance of a module, by number; the one before is destroyed
 *   i32|i64|f32|f64 BITS                an argument, as hexadecimal bits
 *   view TYPE OFFSET LENGTH RANK DIM…   an argument, a tensor in DATA
 *   call FUNCTION                       call with the arguments so far
 *
 * Each call prints one line: "status CODE", or "ok" and the results: a scalar's bits, or a tensor's type, shape, and
 * where it is in OUT.  Memory comes from an allocator that counts: an instance that leaves anything behind is an error.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal.h"
#include "vm.h"

extern const vm_module* const modules[];
extern const unsigned module_count;

enum { ARGUMENTS = 64, RANK = 16 };

static size_t live_blocks = 0;

static void* count_allocate(void* self, size_t size, size_t alignment) {
  void* memory = vm_system_allocator.allocate(vm_system_allocator.self, size, alignment);
  live_blocks += memory != NULL;
  (void)self;
  return memory;
}

static void count_release(void* self, void* memory, size_t size) {
  live_blocks -= memory != NULL;
  vm_system_allocator.release(vm_system_allocator.self, memory, size);
  (void)self;
}

static const vm_allocator counting = {NULL, count_allocate, count_release};

typedef struct call {
  unsigned count;
  vm_value values[ARGUMENTS];
  char kinds[ARGUMENTS];
} call;

static void fail(const char* what) {
  fprintf(stderr, "runner: %s\n", what);
  exit(2);
}

static uint8_t* read_file(const char* path) {
  FILE* file = fopen(path, "rb");
  uint8_t* data = NULL;
  long length = 0;
  if (!file || fseek(file, 0, SEEK_END) || (length = ftell(file)) < 0 || fseek(file, 0, SEEK_SET)) fail(path);
  data = malloc((size_t)length + 1);
  if (!data || fread(data, 1, (size_t)length, file) != (size_t)length) fail(path);
  fclose(file);
  return data;
}

static vm_value* next_argument(call* now, char kind) {
  if (now->count == ARGUMENTS) fail("too many arguments");
  now->kinds[now->count] = kind;
  return &now->values[now->count++];
}

static void clear(call* now) {
  for (unsigned i = 0; i < now->count; i++)
    if (now->kinds[i] == 'r') vm_release(&now->values[i].ref);
  now->count = 0;
}

static void scalar(call* now, FILE* script, int wide) {
  uint64_t bits = 0;
  uint32_t low;
  vm_value* value = next_argument(now, 'i');
  if (fscanf(script, "%" SCNx64, &bits) != 1) fail("bad scalar");
  low = (uint32_t)bits;
  memset(value, 0, sizeof *value);
  if (wide)
    memcpy(value, &bits, 8);
  else
    memcpy(value, &low, 4);
}

static void view(call* now, FILE* script, const uint8_t* data) {
  int64_t dims[RANK];
  uint64_t offset, length;
  uint32_t type;
  unsigned rank;
  uint8_t* copy;
  hal_buffer* buffer = NULL;
  hal_buffer_view* made = NULL;
  if (fscanf(script, "%" SCNx32 "%" SCNu64 "%" SCNu64 "%u", &type, &offset, &length, &rank) != 4)
    fail("bad view");
  if (rank > RANK) fail("rank too large");
  for (unsigned i = 0; i < rank; i++)
    if (fscanf(script, "%" SCNd64, &dims[i]) != 1) fail("bad dimension");
  if (hal_buffer_allocate(&counting, length, 0, &buffer)) fail("no buffer");
  copy = hal_buffer_data(buffer);
  if (length) memcpy(copy, data + offset, length);
  if (hal_buffer_view_create(&counting, buffer, (int32_t)type, HAL_ENCODING_DENSE, rank, dims, &made))
    fail("no view");
  vm_release((vm_ref*)&buffer);
  next_argument(now, 'r')->ref = &made->object;
}

static void print_view(vm_ref ref, FILE* out) {
  hal_buffer_view* tensor = hal_cast_view(ref);
  if (!tensor) {
    printf(" ref");
    return;
  }
  printf(" view:%x:%ld:%" PRIu64 ":", (unsigned)hal_buffer_view_element_type(tensor), ftell(out),
         hal_buffer_view_length(tensor));
  for (uint32_t i = 0; i < hal_buffer_view_rank(tensor); i++)
    printf("%s%" PRId64, i ? "x" : "", hal_buffer_view_dims(tensor)[i]);
  fwrite(hal_buffer_view_data(tensor), 1, hal_buffer_view_length(tensor), out);
}

static void print_results(const char* convention, vm_value* results, FILE* out) {
  const char* kind = strchr(convention, '_');
  printf("ok");
  for (unsigned i = 0; kind && kind[1 + i] && kind[1 + i] != 'v'; i++) {
    switch (kind[1 + i]) {
      case 'r':
        print_view(results[i].ref, out);
        vm_release(&results[i].ref);
        break;
      case 'i':
      case 'f': printf(" %08" PRIx32, (uint32_t)results[i].i32); break;
      default: printf(" %016" PRIx64, (uint64_t)results[i].i64);
    }
  }
  printf("\n");
}

static void invoke(vm_instance* vm, call* now, const char* name, FILE* out) {
  vm_value results[ARGUMENTS];
  const vm_export* function = vm_find_export(vm->module, name);
  vm_status status;
  memset(results, 0, sizeof results);
  if (!function) fail(name);
  status = vm_invoke(vm, function, now->values, results);
  clear(now);
  if (status != VM_OK) {
    char text[1024];
    size_t length = vm_error_format(vm_last_error(vm), text, sizeof text);
    if (length == 0 || strncmp(text, vm_status_name(status), strlen(vm_status_name(status))) != 0) fail(text);
    printf("status %s\n", vm_status_name(status));
  } else {
    print_results(function->convention, results, out);
  }
}

static void destroy(vm_instance** vm) {
  if (*vm) vm_instance_destroy(*vm);
  *vm = NULL;
  if (live_blocks != 0) fail("an instance left memory behind");
}

static void open(vm_instance** vm, FILE* script) {
  vm_options options = {0};
  unsigned number;
  vm_status status;
  destroy(vm);
  if (fscanf(script, "%u", &number) != 1 || number >= module_count) fail("bad module");
  options.allocator = &counting;
  status = vm_instance_create(modules[number], &options, vm);
  if (status != VM_OK) fail("initialiser failed");
}

int main(int argc, char** argv) {
  char word[16], name[128];
  vm_instance* vm = NULL;
  call now = {0};
  FILE *script = NULL, *out = NULL;
  uint8_t* data;
  if (argc != 4 || !(script = fopen(argv[1], "r")) || !(out = fopen(argv[3], "wb"))) fail("usage");
  data = read_file(argv[2]);
  while (fscanf(script, "%15s", word) == 1) {
    if (!strcmp(word, "open")) {
      open(&vm, script);
    } else if (!strcmp(word, "view")) {
      view(&now, script, data);
    } else if (!strcmp(word, "call")) {
      if (fscanf(script, "%127s", name) != 1 || !vm) fail("bad call");
      invoke(vm, &now, name, out);
    } else {
      scalar(&now, script, word[1] == '6');
    }
  }
  destroy(&vm);
  free(data);
  fclose(out);
  fclose(script);
  return 0;
}
