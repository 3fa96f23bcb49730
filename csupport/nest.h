/* SPDX-License-Identifier: Apache-2.0 */
/* What raised loop nests need: the guard at their entry, and vectors.
 *
 * A guard proves that the fast version of a nest behaves as the literal one: every access in bounds, the target
 * writable, and what is written apart from what is read.  It is exact arithmetic over the least and greatest element
 * that each access touches.
 */
#ifndef VM_NEST_H
#define VM_NEST_H

#include "ops.h"

/* Mathematics that is inline in raised loops, so that they are vectorised; elsewhere it is called (libm.c). Sine and cosine
 * gain where vectors have the shifts they need, pow where products fuse. */
#if (defined(__GNUC__) || defined(__clang__)) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#ifndef VM_F32_LOOPS
#define VM_F32_LOOPS 1
#endif
#include "f32_math.h"
#define vm_exp_f32(operand)       vm_f32_exp(operand)
#define vm_exp2_f32(operand)      vm_f32_exp2(operand)
#define vm_expm1_f32(operand)     vm_f32_expm1(operand)
#define vm_log_f32(operand)       vm_f32_log(operand)
#define vm_log2_f32(operand)      vm_f32_log2(operand)
#define vm_log10_f32(operand)     vm_f32_log10(operand)
#define vm_log1p_f32(operand)     vm_f32_log1p(operand)
#define vm_tanh_f32(operand)      vm_f32_tanh(operand)
#define vm_erf_f32(operand)       vm_f32_erf(operand)
#define vm_atan_f32(operand)      vm_f32_atan(operand)
#define vm_atan2_f32(left, right) vm_f32_atan2(left, right)
#if defined(__AVX2__)
#define vm_sin_f32(operand) vm_f32_sin(operand)
#define vm_cos_f32(operand) vm_f32_cos(operand)
#endif
#if VM_FUSES
#define vm_pow_f32(left, right) vm_f32_pow(left, right)
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Loops that a nest has at most: the generator raises none with more (NEST_LOOPS of transpile/limits.py), so that the
 * functions below, which take `dims` loops, walk through them with arrays of this size. */
#define VM_NEST_LOOPS 16

/* Bytes [begin, end) that an access touches. */
typedef struct vm_extent {
  uintptr_t begin, end;
} vm_extent;

/* Elements base + sum of strides[k] * t[k], 0 <= t[k] < trips[k], of `size` bytes: whether all lie below `length`
 * bytes, and which bytes that are.  All trips are at least 1. */
int vm_nest_bounds(const uint8_t* data, uint64_t length, uint32_t size, int64_t base, uint32_t dims,
                   const int64_t* strides, const int64_t* trips, vm_extent* extent);

VM_INLINE int vm_nest_apart(vm_extent a, vm_extent b) { return a.end <= b.begin || b.end <= a.begin; }

/* Whether no two turns of loops meet at one element: from the shortest stride on, each is longer than all that those
 * before it span.  All trips are at least 1, and no stride is INT64_MIN. */
int vm_nest_once(uint32_t dims, const int64_t* strides, const int64_t* trips);

/* Turns of `for (i = first; i < bound; i += step)`, or -1 when the counter could wrap. */
VM_INLINE int64_t vm_nest_trips(int64_t first, int64_t bound, int64_t step) {
  if (first >= bound) return 0;
  if (bound > INT64_MAX - step || first < -(INT64_MAX / 2) || bound > INT64_MAX / 2) return -1;
  return (bound - first - 1) / step + 1;
}

VM_INLINE int64_t vm_nest_min(int64_t a, int64_t b) { return a < b ? a : b; }

/* Scratch memory for the packed copies of one nest, with whatever the last one left there; the instance keeps it.  NULL
 * when there is none, and then the literal loop runs. */
void* vm_nest_scratch(vm_instance* vm, uint64_t bytes);
void vm_nest_scratch_release(vm_instance* vm);

/* Packed copies of an operand. Lanes are the turns of `lane_dims` loops, flattened, from `first` on; `count` of them are
 * copied, panel by panel of `width` lanes (a multiple of 4, at most VM_PANEL), the last one filled up with zeros. In a panel
 * the `turn_dims` reduction loops follow each other, `width` lanes each turn. Strides are in elements of `from`.
 * pack_A_B: elements of A bits made of B, which is A's bits as they are, or a narrow integer to be widened. */
#define VM_PANEL 128
#define VM_PACK_PARAMETERS                                                                                \
  (void* to, const void* from, int64_t first, int64_t count, uint32_t width, uint32_t lane_dims,          \
   const int64_t* lane_trips, const int64_t* lane_strides, uint32_t turn_dims, const int64_t* turn_trips, \
   const int64_t* turn_strides)
void vm_nest_pack_32_32 VM_PACK_PARAMETERS;
void vm_nest_pack_64_64 VM_PACK_PARAMETERS;
void vm_nest_pack_32_i8 VM_PACK_PARAMETERS;
void vm_nest_pack_32_u8 VM_PACK_PARAMETERS;
void vm_nest_pack_32_i16 VM_PACK_PARAMETERS;
void vm_nest_pack_32_u16 VM_PACK_PARAMETERS;

/* The offsets of `count` lanes from `first` on: turns of loops, flattened. */
void vm_nest_places(int64_t* places, int64_t first, int64_t count, uint32_t dims, const int64_t* trips,
                    const int64_t* strides);

/* As many threads as asked for, or 1 in a process forked from one where OpenMP made threads for the instance: they do not
 * exist there, and OpenMP would wait for them. */
int vm_team_size(vm_instance* vm, int threads);

/* Threads for `work` innermost turns: 1 when that is little, or when other threads are busy with this program. */
int vm_nest_threads(vm_instance* vm, double work);

/* Parallel regions: a loop's turns are spread over threads, each with the float mode of the caller (a dispatch of the
 * HAL flushes denormals).  Without OpenMP the loop simply runs. */
#if defined(_OPENMP)
#define VM_OMP(directive) _Pragma(#directive)
#else
#define VM_OMP(directive)
#endif

VM_INLINE uint64_t vm_float_mode(void) {
#if defined(__SSE__)
  return __builtin_ia32_stmxcsr();
#elif defined(__aarch64__) && defined(__GNUC__)
  uint64_t mode;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  return mode;
#else
  return 0;
#endif
}

VM_INLINE void vm_float_mode_set(uint64_t mode) {
#if defined(__SSE__)
  __builtin_ia32_ldmxcsr((unsigned)mode);
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#else
  (void)mode;
#endif
}

/* Elements as the program's buffers hold them: any bytes may be read as any type. */
#if defined(__GNUC__) || defined(__clang__)
#define VM_MAY_ALIAS __attribute__((may_alias))
#else
#define VM_MAY_ALIAS
#endif
typedef int8_t VM_MAY_ALIAS vm_elem_i8;
typedef int16_t VM_MAY_ALIAS vm_elem_i16;
typedef int32_t VM_MAY_ALIAS vm_elem_i32;
typedef int64_t VM_MAY_ALIAS vm_elem_i64;
typedef uint8_t VM_MAY_ALIAS vm_elem_u8;
typedef uint16_t VM_MAY_ALIAS vm_elem_u16;
typedef float VM_MAY_ALIAS vm_elem_f32;
typedef double VM_MAY_ALIAS vm_elem_f64;

/* Vectors of the compiler's own.  Without them (VM_VECTORS 0) tiles are left out and the literal loops run. */
#ifndef VM_VECTORS
#if defined(__GNUC__) || defined(__clang__)
#define VM_VECTORS 1
#else
#define VM_VECTORS 0
#endif
#endif

/* Versions of a nest for other processors than the file's own (`emit --target-cpu=dispatch`), of which each instance runs
 * the last whose needs its CPU meets and its options allow. Their bits are the same. VM_DISPATCH 0 leaves them out. */
#ifndef VM_DISPATCH
#if VM_VECTORS && defined(__x86_64__)
#define VM_DISPATCH 1
#else
#define VM_DISPATCH 0
#endif
#endif
#if VM_DISPATCH && !VM_VECTORS
#error "VM_DISPATCH=1 needs VM_VECTORS=1"
#endif
#if VM_DISPATCH
#define VM_TARGET_32 __attribute__((target("avx2,fma")))
#define VM_TARGET_64 __attribute__((target("avx2,fma,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")))
#endif

/* What a version may need of a CPU, as bits: AVX2 comes with FMA, AVX512 with F, BW, CD, DQ and VL. */
enum { VM_CPU_AVX2 = 1, VM_CPU_AVX512 = 2, VM_CPU_AVX512_VNNI = 4 };

/* Those that this CPU has, for vectors of at most so many bytes unless that is 0. */
uint32_t vm_cpu_features(uint32_t vector_bytes);

/* Whether an instance may use versions that need these. */
VM_INLINE int vm_cpu_has(const vm_instance* vm, uint32_t needed) { return (vm->cpu & needed) == needed; }

#if VM_VECTORS
#define VM_VECTOR(type, bits, lanes) \
  typedef type vm_##bits##x##lanes   \
      __attribute__((vector_size(sizeof(type) * (lanes)), aligned(sizeof(type)), may_alias))
VM_VECTOR(float, f32, 2);
VM_VECTOR(float, f32, 4);
VM_VECTOR(float, f32, 8);
VM_VECTOR(float, f32, 16);
VM_VECTOR(double, f64, 2);
VM_VECTOR(double, f64, 4);
VM_VECTOR(double, f64, 8);
VM_VECTOR(uint32_t, i32, 2);
VM_VECTOR(uint32_t, i32, 4);
VM_VECTOR(uint32_t, i32, 8);
VM_VECTOR(uint32_t, i32, 16);
VM_VECTOR(uint64_t, i64, 2);
VM_VECTOR(uint64_t, i64, 4);
VM_VECTOR(uint64_t, i64, 8);
#endif

/* Whether the compiler has __builtin_shufflevector: clang, and GCC from 12 on. */
#ifndef VM_SHUFFLES
#if defined(__has_builtin)
#define VM_SHUFFLES (VM_VECTORS && __has_builtin(__builtin_shufflevector))
#else
#define VM_SHUFFLES 0
#endif
#endif

/* Vectors a, b, c, d of one type: lane l of theirs is element 0, 1, 2, 3 from `from + stride * l` on. Rows are read four
 * elements at a time. */
#if VM_SHUFFLES
#define VM_ROWS_4(from, stride) (*(const vm_i32x4*)(from))
#define VM_ROWS_8(from, stride)                                                                             \
  __builtin_shufflevector(VM_ROWS_4(from, stride), VM_ROWS_4((from) + 4 * (stride), stride), 0, 1, 2, 3, 4, \
                          5, 6, 7)
#define VM_ROWS_16(from, stride)                                                                            \
  __builtin_shufflevector(VM_ROWS_8(from, stride), VM_ROWS_8((from) + 8 * (stride), stride), 0, 1, 2, 3, 4, \
                          5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
/* Lanes a, b, c, d of both vectors, in each four of them. */
#define VM_PICK_4(x, y, a, b, c, d) __builtin_shufflevector(x, y, a, b, c, d)
#define VM_PICK_8(x, y, a, b, c, d) \
  __builtin_shufflevector(x, y, a, b, c, d, (a) + 4, (b) + 4, (c) + 4, (d) + 4)
#define VM_PICK_16(x, y, a, b, c, d)                                                                       \
  __builtin_shufflevector(x, y, a, b, c, d, (a) + 4, (b) + 4, (c) + 4, (d) + 4, (a) + 8, (b) + 8, (c) + 8, \
                          (d) + 8, (a) + 12, (b) + 12, (c) + 12, (d) + 12)
#define VM_TRANSPOSED(words, n, ROWS, PICK, type, a, b, c, d, from, stride)                                \
  type a, b, c, d;                                                                                         \
  {                                                                                                        \
    const words rows0 = ROWS(from, stride), rows1 = ROWS((from) + (stride), stride);                       \
    const words rows2 = ROWS((from) + 2 * (stride), stride), rows3 = ROWS((from) + 3 * (stride), stride);  \
    const words low0 = PICK(rows0, rows1, 0, n, 1, n + 1), high0 = PICK(rows0, rows1, 2, n + 2, 3, n + 3); \
    const words low1 = PICK(rows2, rows3, 0, n, 1, n + 1), high1 = PICK(rows2, rows3, 2, n + 2, 3, n + 3); \
    a = (type)PICK(low0, low1, 0, 1, n, n + 1), b = (type)PICK(low0, low1, 2, 3, n + 2, n + 3);            \
    c = (type)PICK(high0, high1, 0, 1, n, n + 1), d = (type)PICK(high0, high1, 2, 3, n + 2, n + 3);        \
  }
#define VM_TRANSPOSE_4(...)  VM_TRANSPOSED(vm_i32x4, 4, VM_ROWS_4, VM_PICK_4, __VA_ARGS__)
#define VM_TRANSPOSE_8(...)  VM_TRANSPOSED(vm_i32x8, 8, VM_ROWS_8, VM_PICK_8, __VA_ARGS__)
#define VM_TRANSPOSE_16(...) VM_TRANSPOSED(vm_i32x16, 16, VM_ROWS_16, VM_PICK_16, __VA_ARGS__)
#else
#define VM_WORD(at) ((uint32_t) * (const vm_elem_i32*)(at))
#define VM_WORDS_4(at, stride) \
  VM_WORD(at), VM_WORD((at) + (stride)), VM_WORD((at) + 2 * (stride)), VM_WORD((at) + 3 * (stride))
#define VM_WORDS_8(at, stride)  VM_WORDS_4(at, stride), VM_WORDS_4((at) + 4 * (stride), stride)
#define VM_WORDS_16(at, stride) VM_WORDS_8(at, stride), VM_WORDS_8((at) + 8 * (stride), stride)
#define VM_TRANSPOSED(words, WORDS, type, a, b, c, d, from, stride) \
  const type a = (type)(words){WORDS(from, stride)};                \
  const type b = (type)(words){WORDS((from) + 1, stride)};          \
  const type c = (type)(words){WORDS((from) + 2, stride)};          \
  const type d = (type)(words){WORDS((from) + 3, stride)};
#define VM_TRANSPOSE_4(...)  VM_TRANSPOSED(vm_i32x4, VM_WORDS_4, __VA_ARGS__)
#define VM_TRANSPOSE_8(...)  VM_TRANSPOSED(vm_i32x8, VM_WORDS_8, __VA_ARGS__)
#define VM_TRANSPOSE_16(...) VM_TRANSPOSED(vm_i32x16, VM_WORDS_16, __VA_ARGS__)
#endif

#if defined(__GNUC__) || defined(__clang__)
#define VM_RESTRICT __restrict__
#define VM_NOINLINE __attribute__((noinline))
#else
#define VM_RESTRICT restrict
#define VM_NOINLINE
#endif

#ifdef __cplusplus
}
#endif
#endif
