/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions of f32_math.h have in common. */
#ifndef VM_F32_BASE_H
#define VM_F32_BASE_H

#include "ops.h"

/* clang-format off */

/* A product and a sum of doubles. In glibc's variants for FMA they round once, in the others twice. It makes a difference
 * for 2 inputs of exp, 12 of sin, 22 of cos and perhaps some of pow: there the last bit is set right where the processor
 * cannot fuse. */
#if defined(__FMA__) || defined(__aarch64__) || defined(__powerpc64__) || defined(__FP_FAST_FMA) || \
    (defined(__riscv_flen) && __riscv_flen >= 64)
#define VM_FUSES 1
#else
#define VM_FUSES 0
#endif
VM_INLINE double vm_fused_if(int once, double first, double second, double third) { return once ? fma(first, second, third) : first * second + third; }
VM_INLINE double vm_fused(double first, double second, double third) { return vm_fused_if(VM_FUSES, first, second, third); }

/* How a program of one file has these functions: inline where loops with them are to be vectorised. */
#ifndef VM_IN_LOOPS
#define VM_IN_LOOPS static VM_UNUSED
#endif

/* One of two values. Loops that are to be vectorised (VM_F32_LOOPS) compute both and choose by a mask, as vectors do: of a
 * condition compilers make branches, and then look for a way back. What is called alone computes the one. */
#ifndef VM_F32_LOOPS
#define VM_F32_LOOPS 0
#endif
#if VM_F32_LOOPS
VM_INLINE uint32_t vm_pick_u32(int first, uint32_t a, uint32_t b) { const uint32_t mask = 0u - (uint32_t)first; return (a & mask) | (b & ~mask); }
VM_INLINE uint64_t vm_pick_u64(int first, uint64_t a, uint64_t b) { const uint64_t mask = 0u - (uint64_t)first; return (a & mask) | (b & ~mask); }
VM_INLINE float vm_pick_f32(int first, float a, float b) { return vm_float_of(vm_pick_u32(first, vm_float_bits(a), vm_float_bits(b))); }
VM_INLINE double vm_pick_f64(int first, double a, double b) { return vm_double_of(vm_pick_u64(first, vm_double_bits(a), vm_double_bits(b))); }
#define VM_PICK_U32(first, a, b) vm_pick_u32(first, a, b)
#define VM_PICK_F32(first, a, b) vm_pick_f32(first, a, b)
#define VM_PICK_F64(first, a, b) vm_pick_f64(first, a, b)
#else
#define VM_PICK_U32(first, a, b) ((first) ? (a) : (b))
#define VM_PICK_F32(first, a, b) ((first) ? (a) : (b))
#define VM_PICK_F64(first, a, b) ((first) ? (a) : (b))
#endif

#define VM_SIGN 0x80000000u
#define VM_INF 0x7F800000u

/* 1 for a NaN's bits. */
VM_INLINE int vm_f32_is_nan(uint32_t bits) { return (bits & ~VM_SIGN) > VM_INF; }
VM_INLINE float vm_f32_with_sign(float magnitude, uint32_t bits) { return vm_float_of(vm_float_bits(magnitude) | (bits & VM_SIGN)); }

/* The next numbers but so many further from 0, or nearer. */
VM_INLINE float vm_f32_moved(float value, int further, int nearer) { return vm_float_of(vm_float_bits(value) + (uint32_t)further - (uint32_t)nearer); }

/* What an operation without a result gives on x86-64. */
VM_INLINE float vm_f32_invalid(void) { return vm_float_of(0xFFC00000u); }

/* clang-format on */

#endif
