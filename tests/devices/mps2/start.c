/* Start-up for Arm's MPS2 boards in qemu: vectors, memory that is zero, text
 * and the end by semihosting. */
#include <stdint.h>

#include "start.h"

extern char bss_begin[], bss_end[], stack_end[];
int main(void);

static void call(int operation, const void* argument) {
  register int r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void print(const char* text) { call(0x04, text); }

void print_bits(unsigned long bits) {
  char text[10];
  for (int i = 0; i < 8; i++) text[i] = "0123456789abcdef"[bits >> (28 - 4 * i) & 15];
  text[8] = '\n', text[9] = 0;
  print(text);
}

/* Ends qemu, with 0 for a result of 0. */
static void end(int result) {
  const unsigned long reason = result ? 0x20024 : 0x20026; /* an internal error, the application's exit */
  call(0x18, (const void*)reason);
  for (;;) continue;
}

/* As a Cortex-M0 does at any access that is not aligned, and others let it be. */
static void trap_unaligned(void) {
  volatile uint32_t* control = (volatile uint32_t*)0xE000ED14; /* CCR, with UNALIGN_TRP */
  *control |= 1u << 3;
}

static void reset(void) {
  trap_unaligned();
  for (volatile char* byte = bss_begin; byte < bss_end; byte++) *byte = 0;
  end(main());
}

static void fault(void) {
  print("fault\n");
  end(1);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))stack_end, reset, fault, fault, fault, fault, fault,
};
