/* A parameter archive of arbitrary bytes: what opens can be searched, and every
 * value that is found can be read. */
#include <string.h>

#include "io_parameters.h"

enum { NAME_BYTES = 4 };

static volatile uint8_t sink;

static void read_all(const io_entry* entry) {
  uint64_t length = entry->pattern_length ? entry->pattern_length : entry->length, i;
  for (i = 0; i < length; ++i) sink = entry->data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  uint8_t name[NAME_BYTES];
  uint64_t cursor = 0, length;
  vm_ref archive = NULL;
  int k;
  if (size < NAME_BYTES + 1) return 0;
  length = data[0] % (NAME_BYTES + 1);
  memcpy(name, data + 1, NAME_BYTES);
  if (io_archive_wrap(&vm_system_allocator, data + NAME_BYTES + 1, size - NAME_BYTES - 1, NULL, &archive))
    return 0;
  for (k = 0; k < 3; ++k) {
    io_entry entry;
    if (io_archive_find(archive, name, length, &cursor, &entry) == VM_OK) read_all(&entry);
  }
  vm_release(&archive);
  return 0;
}
