/* SPDX-License-Identifier: Apache-2.0 */
#include "vm.h"

static const char* const status_names[] = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED", "DEFERRED",          "INCOMPATIBLE",
};

/* A program may fail with any of 32 codes; those without a name have an empty one, as in IREE. */
const char* vm_status_name(vm_status status) {
  size_t count = sizeof status_names / sizeof status_names[0];
  return status >= 0 && (size_t)status < count ? status_names[status] : "";
}
