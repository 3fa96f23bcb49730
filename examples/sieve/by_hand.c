/* The same algorithm as sieve.mlir, written by hand, with the bounds checks that the bytecode makes.

     int32_t sieve_count(int32_t n, int32_t *result);

   Stores the number of primes below n. Returns a status: 0 (OK), 8 (RESOURCE_EXHAUSTED) if there is no memory, or 11
   (OUT_OF_RANGE) for an access outside the marks. */

#include <stdint.h>
#include <stdlib.h>

enum { STATUS_OK = 0, STATUS_RESOURCE_EXHAUSTED = 8, STATUS_OUT_OF_RANGE = 11 };

typedef struct {
  uint8_t *data;
  uint64_t length;
} marks_t;

static int32_t load_mark(const marks_t *marks, int64_t at, int32_t *value) {
  if ((uint64_t)at >= marks->length) return STATUS_OUT_OF_RANGE;
  *value = marks->data[at];
  return STATUS_OK;
}

static int32_t store_mark(marks_t *marks, int64_t at) {
  if ((uint64_t)at >= marks->length) return STATUS_OUT_OF_RANGE;
  marks->data[at] = 1;
  return STATUS_OK;
}

static int32_t count_primes(marks_t *marks, int32_t n, int32_t *result) {
  int32_t found = 0;
  for (int32_t i = 2; i < n; ++i) {
    int32_t mark;
    int32_t status = load_mark(marks, i, &mark);
    if (status) return status;
    if (mark) continue;
    ++found;
    for (int64_t j = (int64_t)i * i; j < n; j += i) {
      status = store_mark(marks, j);
      if (status) return status;
    }
  }
  *result = found;
  return STATUS_OK;
}

int32_t sieve_count(int32_t n, int32_t *result) {
  if (n < 2) {
    *result = 0;
    return STATUS_OK;
  }
  marks_t marks = {calloc((size_t)n, 1), (uint64_t)n};
  if (!marks.data) return STATUS_RESOURCE_EXHAUSTED;
  int32_t status = count_primes(&marks, n, result);
  free(marks.data);
  return status;
}
