/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of the runtime.  Each macro may be set with -D; each has a default that suits a hosted build.
 *
 *   VM_ATOMIC_REFS    1: reference counts are atomic (needed when objects are released on another thread than
 *                     the one that runs the instance, as Python does).  0: plain counters.  Default: 1 with gcc and
 *                     clang where the processor has atomic additions.
 *   VM_DIAGNOSTICS    2: errors carry a message with the numbers, the function and the bytecode offset.
 *                     1: status, function and offset; messages are fixed texts, except a program's own.
 *                     0: status only (the smallest code).
 *   VM_SYSTEM_ALLOCATOR  1: memory is that of calloc and free where vm_options name no allocator.
 *                     0: they have to, and neither is linked.
 *   VM_FUSED_FMA      1: fma.f32/f64 round once, as IREE's builds do on processors that all have it, such as aarch64.
 *                     0: twice, as its x86-64 builds do: the default everywhere, so that a module gives the same bits
 *                     on every processor. It needs -ffp-contract=off: no macro keeps a compiler from contracting.
 *   VM_RELAXED        1: the module's files are compiled with flags that let the compiler fuse and reassociate, so results
 *                     are close to the interpreter's, not bit for bit; then fma.f32/f64 is left to it as well.
 *                     0: exact, the default.
 *   VM_INCBIN         1: the assembler takes in a module's large constants (PREFIX.rodata, emitted with --rodata=incbin).
 *                     0: they are C, in PREFIX_rodata.h.  Default: 1 with gcc and clang for ELF, Mach-O and COFF.
 *   HAL_THREADS       1: the workgroups of a dispatch run on OpenMP's threads (vm_options.threads says how many).
 *                     0: on the calling thread.  Default: 1 when compiled with OpenMP.
 *   HAL_FLUSH_DENORMALS  1: dispatches of the module hal flush denormals to zero, as IREE's CPU drivers do.
 *                     0: they do not; results then differ from IREE's where numbers are that small.
 *
 * Limits.  A buffer is limited by what the allocator gives (and PTRDIFF_MAX: C has no larger objects).
 *
 *   VM_STACK_LIMIT    bytes of VM stack that calls may use before RESOURCE_EXHAUSTED; IREE allows 1 MiB.
 *   VM_STACK_DEFAULT  bytes of C stack that a call may use where vm_options.stack_limit is 0: for stacks of 256 KiB.
 *   VM_STACK_RESERVE  the end of that C stack, which is left to functions that do not check it: to those of the
 *                     runtime, and to those of a module that are small and do not call themselves.
 *   VM_CLAIM_LIMIT    bytes for values that are too many for the C stack, of all active calls of an instance.
 *   VM_TURNS          turns of a loop, or calls, between two looks at whether the call has been interrupted; 0: it
 *                     cannot be.
 *   VM_LIST_LIMIT     elements in a list before RESOURCE_EXHAUSTED.
 *   VM_LIST_HINT      elements for which an initial capacity is believed; beyond, a list grows as it is filled,
 *                     so that a module cannot claim memory it never touches.
 *   VM_RANK_LIMIT     dimensions of a buffer view; IREE's own limit.
 */
#ifndef VM_POLICY_H
#define VM_POLICY_H

/* Processors without atomic additions, such as Cortex-M0, would call a library for each that devices do not have. */
#ifndef VM_ATOMIC_REFS
#if (defined(__GNUC__) || defined(__clang__)) && __GCC_ATOMIC_INT_LOCK_FREE == 2 && \
    __GCC_ATOMIC_LONG_LOCK_FREE == 2
#define VM_ATOMIC_REFS 1
#else
#define VM_ATOMIC_REFS 0
#endif
#endif

#ifndef VM_DIAGNOSTICS
#define VM_DIAGNOSTICS 2
#endif

#ifndef VM_SYSTEM_ALLOCATOR
#define VM_SYSTEM_ALLOCATOR 1
#endif

#ifndef VM_RELAXED
#define VM_RELAXED 0
#endif

#ifndef VM_FUSED_FMA
#define VM_FUSED_FMA 0
#endif

#ifndef VM_INCBIN
#if (defined(__GNUC__) || defined(__clang__)) && \
    (defined(__ELF__) || defined(__APPLE__) || defined(_WIN32) || defined(__CYGWIN__))
#define VM_INCBIN 1
#else
#define VM_INCBIN 0
#endif
#endif

#ifndef HAL_THREADS
#if defined(_OPENMP)
#define HAL_THREADS 1
#else
#define HAL_THREADS 0
#endif
#endif

#ifndef HAL_FLUSH_DENORMALS
#define HAL_FLUSH_DENORMALS 1
#endif

/* Whether this code can run while denormals are flushed: hal_parallel.c knows how on these processors. */
#if HAL_FLUSH_DENORMALS && !VM_RELAXED && (defined(__GNUC__) || defined(__clang__)) && \
    (defined(__SSE2__) || defined(__aarch64__))
#define VM_OPAQUE 1
#else
#define VM_OPAQUE 0
#endif

#ifndef VM_STACK_LIMIT
#define VM_STACK_LIMIT (1u << 20)
#endif

#ifndef VM_STACK_DEFAULT
#define VM_STACK_DEFAULT (192u << 10)
#endif

#ifndef VM_STACK_RESERVE
#define VM_STACK_RESERVE (24u << 10)
#endif

#ifndef VM_CLAIM_LIMIT
#define VM_CLAIM_LIMIT (256u << 20)
#endif

#ifndef VM_TURNS
#define VM_TURNS 1024u
#endif

#ifndef VM_LIST_LIMIT
#define VM_LIST_LIMIT (1u << 28)
#endif

#ifndef VM_LIST_HINT
#define VM_LIST_HINT 4096u
#endif

#define VM_RANK_LIMIT 128u

#if VM_ATOMIC_REFS && !(defined(__GNUC__) || defined(__clang__))
#error "VM_ATOMIC_REFS=1 needs the __atomic builtins of gcc or clang; build with -DVM_ATOMIC_REFS=0"
#endif
#if VM_DIAGNOSTICS < 0 || VM_DIAGNOSTICS > 2
#error "VM_DIAGNOSTICS is 0, 1 or 2"
#endif
#if VM_FUSED_FMA < 0 || VM_FUSED_FMA > 1
#error "VM_FUSED_FMA is 0 or 1"
#endif
#if HAL_THREADS && !defined(_OPENMP)
#error "HAL_THREADS=1 needs a compiler with OpenMP switched on (-fopenmp)"
#endif
#if VM_LIST_LIMIT < 1 || VM_LIST_LIMIT > 0x7FFFFFFF
#error "VM_LIST_LIMIT is 1 to 2^31-1: sizes are i32 values"
#endif
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "buffers and globals hold little-endian data that is accessed in place"
#endif
#if defined(__FLT_EVAL_METHOD__) && (__FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2)
#error "float arithmetic in wider registers rounds differently; on 32-bit x86 build with -msse2 -mfpmath=sse"
#endif

/* In files whose functions have frames that are too large: without optimisation, each call of a helper that is inlined
 * takes more of the frame. */
#ifndef VM_HELPERS_CALLED
#define VM_HELPERS_CALLED 0
#endif

/* Without optimisation the hint is code of its own. */
#if (defined(__GNUC__) || defined(__clang__)) && defined(__OPTIMIZE__)
#define VM_LIKELY(x)   __builtin_expect(!!(x), 1)
#define VM_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define VM_LIKELY(x)   (x)
#define VM_UNLIKELY(x) (x)
#endif

#if defined(__GNUC__) || defined(__clang__)
#define VM_ASSUME(x)                   \
  do {                                 \
    if (!(x)) __builtin_unreachable(); \
  } while (0)
#define VM_COLD __attribute__((cold, noinline))
#if VM_HELPERS_CALLED
#define VM_INLINE static inline __attribute__((unused))
#else
#define VM_INLINE static inline __attribute__((always_inline, unused))
#endif
#define VM_UNUSED __attribute__((unused))
#define VM_EXPORT __attribute__((visibility("default")))
#define VM_APART  __attribute__((noinline))
#else
#define VM_ASSUME(x) ((void)0)
#define VM_COLD
#define VM_INLINE static inline
#define VM_UNUSED
#define VM_EXPORT
#define VM_APART
#endif

/* Symbols that the files of a module share and nobody else sees, where object files know such. */
#if (defined(__GNUC__) || defined(__clang__)) && !defined(_WIN32) && !defined(__CYGWIN__)
#define VM_HIDDEN __attribute__((visibility("hidden")))
#else
#define VM_HIDDEN
#endif

/* Of arrays of bytes, which hold numbers that are read as such. */
#if defined(__GNUC__) || defined(__clang__) || defined(__TINYC__)
#define VM_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define VM_ALIGNED(bytes) _Alignas(bytes)
#else
#define VM_ALIGNED(bytes)
#endif

/* The bytes of a file as the constant of that name. It stands before all that compiles to anything: on COFF and Mach-O
 * there is no way back to the section before, and that is .text then. */
#define VM_TEXT_OF(name) VM_QUOTED(name)
#define VM_QUOTED(name)  #name
#if defined(__APPLE__)
#define VM_INCLUDE_BYTES(name, file) \
  __asm__(".const_data\n.balign 64\n.private_extern _" #name "\n_" #name ":\n.incbin \"" file "\"\n.text\n")
#elif defined(_WIN32) || defined(__CYGWIN__)
#define VM_INCLUDE_BYTES(name, file)                                                            \
  __asm__(".section .rdata,\"dr\"\n.balign 64\n.globl " VM_TEXT_OF(__USER_LABEL_PREFIX__) #name \
          "\n" VM_TEXT_OF(__USER_LABEL_PREFIX__) #name ":\n.incbin \"" file "\"\n.text\n")
#else
#define VM_INCLUDE_BYTES(name, file)                                                      \
  __asm__(".pushsection .rodata\n.balign 64\n.hidden " #name "\n.globl " #name "\n" #name \
          ":\n.incbin \"" file "\"\n.popsection\n")
#endif

/* Address sanitizers keep locals apart from the stack; elsewhere the address of one costs less than a frame's. */
#if defined(__SANITIZE_ADDRESS__)
#define VM_FRAME_ADDRESS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VM_FRAME_ADDRESS 1
#endif
#endif
#ifndef VM_FRAME_ADDRESS
#define VM_FRAME_ADDRESS 0
#endif

#endif
