/* Calls with an end: a function that has used up its processor time is left
 * where it is.  What it held is lost, so the instance it worked on must not be
 * touched again. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>

static sigjmp_buf back;

static void leave(int number) {
  (void)number;
  siglongjmp(back, 1);
}

static void arm(long microseconds) {
  struct itimerval timer = {{0, 0}, {microseconds / 1000000, microseconds % 1000000}};
  setitimer(ITIMER_PROF, &timer, 0);
}

/* The result of function(a, b, c, d), -1 if it takes too long. */
__attribute__((visibility("default"))) int guard_call(int (*function)(void*, void*, void*, void*), void* a,
                                                      void* b, void* c, void* d, long microseconds) {
  if (sigsetjmp(back, 1)) return -1;
  signal(SIGPROF, leave);
  arm(microseconds);
  int result = function(a, b, c, d);
  arm(0);
  return result;
}
