/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions on whole ranges of buffers, and the failures of those on single elements. */
#include <string.h>

#include "internal.h"
#include "ops.h"

#define FILL_PIECE 4096 /* bytes */

/* ---- failures ---- */

static VM_COLD vm_status is_null(vm_instance* vm, const char* operand) {
  return vm_raise(vm, VM_INVALID_ARGUMENT, "%s is null", operand);
}

static VM_COLD vm_status read_only(vm_instance* vm) {
  return vm_raise(vm, VM_PERMISSION_DENIED, "buffer is read-only and cannot be mapped for mutation");
}

/* A count of elements in bytes; what does not fit is clamped, since it only appears in messages. */
VM_UNUSED static int64_t scaled(int64_t count, uint32_t size) {
  int64_t limit = INT64_MAX / (int64_t)size;
  if (count > limit) return INT64_MAX;
  if (count < -limit) return INT64_MIN;
  return count * (int64_t)size;
}

static VM_COLD vm_status out_of_range(vm_instance* vm, uint64_t buffer_length, int64_t offset, int64_t length,
                                      uint32_t size) {
  return vm_raise(
      vm, VM_OUT_OF_RANGE,
      "out-of-bounds access detected (offset=%lld, length=%lld, alignment=%u, buffer length=%llu)",
      (long long)scaled(offset, size), (long long)scaled(length, size), (unsigned)size,
      (unsigned long long)buffer_length);
}

static vm_status load_fault(vm_instance* vm, vm_status fault, uint64_t readable, int64_t offset,
                            uint32_t size) {
  if (fault == VM_INVALID_ARGUMENT) return is_null(vm, "source_buffer");
  return out_of_range(vm, readable, offset, 1, size);
}

static vm_status store_fault(vm_instance* vm, vm_status fault, uint64_t writable, int64_t offset,
                             uint32_t size) {
  if (fault == VM_INVALID_ARGUMENT) return is_null(vm, "target_buffer");
  if (fault == VM_PERMISSION_DENIED) return read_only(vm);
  return out_of_range(vm, writable, offset, 1, size);
}

#define FAULTS(size)                                                                         \
  vm_status vm_buffer_load_fault##size(vm_instance* vm, vm_status fault, uint64_t readable,  \
                                       int64_t offset) {                                     \
    return load_fault(vm, fault, readable, offset, size);                                    \
  }                                                                                          \
  vm_status vm_buffer_store_fault##size(vm_instance* vm, vm_status fault, uint64_t writable, \
                                        int64_t offset) {                                    \
    return store_fault(vm, fault, writable, offset, size);                                   \
  }

FAULTS(1)
FAULTS(2)
FAULTS(4)
FAULTS(8)

/* ---- checks ---- */

static vm_status check_present(vm_instance* vm, vm_span span, const char* operand) {
  return VM_LIKELY(span.load_fault != VM_INVALID_ARGUMENT) ? VM_OK : is_null(vm, operand);
}

/* Offset and length count elements of `size` bytes.  The subtraction cannot wrap, unlike the sum of the two.
 */
static vm_status check_range(vm_instance* vm, uint64_t bytes, int64_t offset, int64_t length, uint32_t size) {
  uint64_t count = bytes / size;
  if (VM_LIKELY((uint64_t)length <= count && (uint64_t)offset <= count - (uint64_t)length)) return VM_OK;
  return out_of_range(vm, bytes, offset, length, size);
}

static vm_status check_source(vm_instance* vm, vm_span source, int64_t offset, int64_t length) {
  return check_range(vm, source.readable, offset, length, 1);
}

static vm_status check_target(vm_instance* vm, vm_span target, int64_t offset, int64_t length,
                              uint32_t size) {
  if (VM_UNLIKELY(target.store_fault == VM_PERMISSION_DENIED)) return read_only(vm);
  return check_range(vm, target.writable, offset, length, size);
}

/* ---- instructions ---- */

vm_status vm_buffer_alloc(vm_instance* vm, int64_t length, int32_t alignment, vm_ref* result) {
  vm_buffer* buffer;
  vm_status status;
  if (alignment < 0) return vm_raise(vm, VM_INVALID_ARGUMENT, "alignments must be powers of two");
  status = vm_buffer_create(vm->allocator, (uint64_t)length, (uint32_t)alignment, &buffer);
  if (status == VM_INVALID_ARGUMENT) {
    return vm_raise(vm, status, "alignments must be powers of two (got %d)", (int)alignment);
  }
  if (status != VM_OK) {
    return vm_raise(vm, status, "allocator failed the request for a buffer of %llu bytes",
                    (unsigned long long)length);
  }
  *result = &buffer->object;
  return VM_OK;
}

vm_status vm_buffer_clone(vm_instance* vm, vm_span source, int64_t offset, int64_t length, int32_t alignment,
                          vm_ref* result) {
  vm_status status = check_present(vm, source, "source");
  if (status == VM_OK) status = check_source(vm, source, offset, length);
  if (status == VM_OK) status = vm_buffer_alloc(vm, length, alignment, result);
  if (status == VM_OK && length) memcpy(((vm_buffer*)*result)->data, source.data + offset, (size_t)length);
  return status;
}

vm_status vm_buffer_length(vm_instance* vm, vm_span buffer, int64_t* result) {
  vm_status status = check_present(vm, buffer, "buffer");
  if (status == VM_OK) *result = (int64_t)buffer.readable;
  return status;
}

vm_status vm_buffer_copy(vm_instance* vm, vm_span source, int64_t source_offset, vm_span target,
                         int64_t target_offset, int64_t length) {
  vm_status status = check_present(vm, source, "source_buffer");
  if (status == VM_OK) status = check_present(vm, target, "target_buffer");
  if (status == VM_OK) status = check_source(vm, source, source_offset, length);
  if (status == VM_OK) status = check_target(vm, target, target_offset, length, 1);
  if (status == VM_OK && length) {
    memmove(target.data + target_offset, source.data + source_offset, (size_t)length);
  }
  return status;
}

vm_status vm_buffer_compare(vm_instance* vm, vm_span lhs, int64_t lhs_offset, vm_span rhs, int64_t rhs_offset,
                            int64_t length, int32_t* result) {
  vm_status status = check_present(vm, lhs, "lhs_buffer");
  if (status == VM_OK) status = check_present(vm, rhs, "rhs_buffer");
  if (status == VM_OK) status = check_source(vm, lhs, lhs_offset, length);
  if (status == VM_OK) status = check_source(vm, rhs, rhs_offset, length);
  if (status != VM_OK) return status;
  *result = !length || !memcmp(lhs.data + lhs_offset, rhs.data + rhs_offset, (size_t)length);
  return VM_OK;
}

void vm_fill_bytes(uint8_t* target, uint64_t length, const void* pattern, uint32_t size) {
  uint64_t done = length < size ? length : size;
  if (!length) return;
  if (size == 1) {
    memset(target, *(const uint8_t*)pattern, (size_t)length);
    return;
  }
  memcpy(target, pattern, (size_t)done);
  while (done < length) { /* what is there is copied behind itself, in pieces that stay in the cache */
    uint64_t piece = done < FILL_PIECE ? done : FILL_PIECE;
    if (piece > length - done) piece = length - done;
    memcpy(target + done, target, (size_t)piece);
    done += piece;
  }
}

vm_status vm_buffer_fill(vm_instance* vm, vm_span target, int64_t offset, int64_t length, const void* pattern,
                         uint32_t size) {
  vm_status status = check_present(vm, target, "target_buffer");
  if (status == VM_OK) status = check_target(vm, target, offset, length, size);
  if (status != VM_OK || length == 0) return status;
  vm_fill_bytes(target.data + offset * size, (uint64_t)length * size, pattern, size);
  return VM_OK;
}

/* ---- SipHash-2-4 ---- */

typedef struct sip_state {
  uint64_t v0, v1, v2, v3;
} sip_state;

static uint64_t rotate_left(uint64_t value, unsigned amount) {
  return value << amount | value >> (64 - amount);
}

static void sip_rounds(sip_state* s, int count) {
  while (count-- > 0) {
    s->v0 += s->v1;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v2 = rotate_left(s->v2, 32);
  }
}

static void sip_absorb(sip_state* s, uint64_t word) {
  s->v3 ^= word;
  sip_rounds(s, 2);
  s->v0 ^= word;
}

/* The last word: the bytes left over, and the length's low byte on top. */
static uint64_t sip_tail(const uint8_t* data, uint64_t length) {
  uint64_t word = length << 56;
  uint64_t i;
  for (i = 0; i < length % 8; ++i) word |= (uint64_t)data[length - length % 8 + i] << (8 * i);
  return word;
}

static uint64_t siphash(const uint8_t* data, uint64_t length) {
  /* the usual initial words, with the key 00 01 .. 0F */
  sip_state s = {0x736f6d6570736575u ^ 0x0706050403020100u, 0x646f72616e646f6du ^ 0x0f0e0d0c0b0a0908u,
                 0x6c7967656e657261u ^ 0x0706050403020100u, 0x7465646279746573u ^ 0x0f0e0d0c0b0a0908u};
  uint64_t i;
  for (i = 0; i + 8 <= length; i += 8) {
    uint64_t word;
    memcpy(&word, data + i, 8);
    sip_absorb(&s, word);
  }
  sip_absorb(&s, sip_tail(data, length));
  s.v2 ^= 0xFF;
  sip_rounds(&s, 4);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

vm_status vm_buffer_hash(vm_instance* vm, vm_span source, int64_t offset, int64_t length, int64_t* result) {
  vm_status status = check_present(vm, source, "source_buffer");
  if (status == VM_OK) status = check_source(vm, source, offset, length);
  if (status == VM_OK)
    *result = (int64_t)siphash(length ? source.data + offset : source.data, (uint64_t)length);
  return status;
}
