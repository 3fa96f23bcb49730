/* Calls with an end: a process whose call has used up its processor time ends.
 * Leaving the call alone will not do, since it may be inside malloc or Python
 * and hold what the rest of the process then waits for without end. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

static int status_when_late;

static void leave(int number) {
  (void)number;
  _exit(status_when_late);
}

static void arm(long microseconds) {
  struct itimerval timer = {{0, 0}, {microseconds / 1000000, microseconds % 1000000}};
  setitimer(ITIMER_PROF, &timer, 0);
}

/* The result of a function of up to six words; the process ends with this exit
 * status if it takes too long. */
__attribute__((visibility("default"))) int guard_call(int (*function)(void*, void*, void*, void*, void*, void*),
                                                      void* a, void* b, void* c, void* d, void* e, void* f,
                                                      long microseconds, int late) {
  status_when_late = late;
  signal(SIGPROF, leave);
  arm(microseconds);
  int result = function(a, b, c, d, e, f);
  arm(0);
  return result;
}
