/* SPDX-License-Identifier: Apache-2.0 */
/* Packed copies of what raised nests read: apart from what every instance needs, so that programs without are small. */
#include <string.h>

#include "nest.h"

void vm_nest_places(int64_t* places, int64_t first, int64_t count, uint32_t dims, const int64_t* trips,
                    const int64_t* strides) {
  int64_t turn[VM_NEST_LOOPS];
  int64_t at = 0, lane;
  uint32_t d;
  for (d = dims; d-- > 0; first /= trips[d]) {
    turn[d] = first % trips[d];
    at += turn[d] * strides[d];
  }
  for (lane = 0; lane < count; ++lane) {
    places[lane] = at;
    for (d = dims; d-- > 0;) {
      at += strides[d];
      if (++turn[d] < trips[d]) break;
      at -= strides[d] * trips[d];
      turn[d] = 0;
    }
  }
}

/* Walks through the reduction loops outside of the innermost one; 0 when it is at their end. */
static int advance(int64_t* turn, int64_t* at, uint32_t dims, const int64_t* trips, const int64_t* strides) {
  uint32_t d;
  for (d = dims - 1; d-- > 0;) {
    *at += strides[d];
    if (++turn[d] < trips[d]) return 1;
    *at -= strides[d] * trips[d];
    turn[d] = 0;
  }
  return 0;
}

/* Which lanes of a panel are next to each other in memory. */
typedef struct lane_runs {
  int all;        /* all of them */
  uint32_t fours; /* a bit for each group of 4 */
} lane_runs;

static int64_t all_turns(uint32_t dims, const int64_t* trips) {
  int64_t turns = 1;
  while (dims-- > 0) turns *= trips[dims];
  return turns;
}

#if VM_PANEL > 4 * 32
#error "lane_runs has a bit for each 4 of 128 lanes"
#endif
static lane_runs find_runs(const int64_t* places, uint32_t valid, uint32_t width) {
  lane_runs runs = {valid == width, 0};
  uint32_t lane;
  for (lane = 0; lane < valid; ++lane) runs.all &= places[lane] - places[0] == lane;
  for (lane = 0; lane + 4 <= valid; lane += 4) {
    const int64_t* p = places + lane;
    if (p[1] - p[0] == 1 && p[2] - p[0] == 2 && p[3] - p[0] == 3) runs.fours |= 1u << (lane / 4);
  }
  return runs;
}

typedef uint32_t VM_MAY_ALIAS word32;
typedef uint64_t VM_MAY_ALIAS word64;

#if VM_SHUFFLES
/* Four turns of four lanes whose turns, not lanes, are next to each other. */
static void transpose(word32* to, uint32_t width, const word32* from, const int64_t* places) {
  const vm_i32x4 a = *(const vm_i32x4*)(from + places[0]), b = *(const vm_i32x4*)(from + places[1]);
  const vm_i32x4 c = *(const vm_i32x4*)(from + places[2]), d = *(const vm_i32x4*)(from + places[3]);
  const vm_i32x4 ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const vm_i32x4 ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const vm_i32x4 cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const vm_i32x4 cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(vm_i32x4*)to = __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5);
  *(vm_i32x4*)(to + width) = __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7);
  *(vm_i32x4*)(to + 2 * width) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
  *(vm_i32x4*)(to + 3 * width) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/* The turns of the innermost loop, four at a time as long as there are four; how many were done. */
static int64_t transpose_turns(word32* to, uint32_t width, const word32* from, const int64_t* places,
                               uint32_t valid, lane_runs runs, int64_t turns, int64_t step) {
  int64_t k;
  if (step != 1 || runs.fours || valid < width) return 0;
  for (k = 0; k + 4 <= turns; k += 4) {
    uint32_t lane;
    for (lane = 0; lane < width; lane += 4) transpose(to + k * width + lane, width, from + k, places + lane);
  }
  return k;
}
#define TRANSPOSE_32(...) transpose_turns(__VA_ARGS__)
#else
#define TRANSPOSE_32(...) 0
#endif
#define NO_TRANSPOSE(...) 0

/* One turn of a panel. */
#define PACK_TURN(name, type, source)                                               \
  if (runs.all) {                                                                   \
    name##_copy(to, from + at + places[0], width);                                  \
  } else {                                                                          \
    for (lane = 0; lane + 4 <= valid; lane += 4) {                                  \
      const source* four = from + at + places[lane];                                \
      if (runs.fours >> (lane / 4) & 1) {                                           \
        to[lane] = (type)four[0], to[lane + 1] = (type)four[1];                     \
        to[lane + 2] = (type)four[2], to[lane + 3] = (type)four[3];                 \
      } else {                                                                      \
        to[lane] = (type)four[0], to[lane + 1] = (type)from[at + places[lane + 1]]; \
        to[lane + 2] = (type)from[at + places[lane + 2]];                           \
        to[lane + 3] = (type)from[at + places[lane + 3]];                           \
      }                                                                             \
    }                                                                               \
    for (; lane < valid; ++lane) to[lane] = (type)from[at + places[lane]];          \
    for (; lane < width; ++lane) to[lane] = 0;                                      \
  }

/* Turns are far apart in memory, where processors do not see them coming.  What is beyond the operand does no harm. */
#define AHEAD 8
#if defined(__GNUC__)
#define PREFETCH(from, size, element) \
  __builtin_prefetch((const void*)((uintptr_t)(from) + (uintptr_t)(element) * (size)))
#else
#define PREFETCH(from, size, element) ((void)(from), (void)(element))
#endif

/* 16 lanes at a time are the common case. (A loop that copies becomes a call of memmove, where memcpy of a constant size
 * becomes one to four instructions.) */
#define PACK(name, type, source, TRANSPOSE)                                                                 \
  static void name##_copy(type* VM_RESTRICT to, const source* VM_RESTRICT from, uint32_t width) {           \
    uint32_t lane = 0, i;                                                                                   \
    for (; lane + 16 <= width; lane += 16) {                                                                \
      if (sizeof(type) == sizeof(source)) {                                                                 \
        memcpy(to + lane, from + lane, 16 * sizeof(source));                                                \
      } else {                                                                                              \
        for (i = 0; i < 16; ++i) to[lane + i] = (type)from[lane + i];                                       \
      }                                                                                                     \
    }                                                                                                       \
    for (; lane < width; ++lane) to[lane] = (type)from[lane];                                               \
  }                                                                                                         \
  static type* name##_panel(type* VM_RESTRICT to, const source* VM_RESTRICT from,                           \
                            const int64_t* VM_RESTRICT places, uint32_t valid, uint32_t width,              \
                            uint32_t dims, const int64_t* trips, const int64_t* strides) {                  \
    int64_t turn[VM_NEST_LOOPS] = {0};                                                                      \
    const int64_t inner = trips[dims - 1], step = strides[dims - 1];                                        \
    const lane_runs runs = find_runs(places, valid, width);                                                 \
    int64_t outer = 0;                                                                                      \
    do {                                                                                                    \
      int64_t k = TRANSPOSE(to, width, from + outer, places, valid, runs, inner, step);                     \
      int64_t at = outer + k * step;                                                                        \
      to += k * width;                                                                                      \
      for (; k < inner; ++k, at += step, to += width) {                                                     \
        uint32_t lane;                                                                                      \
        PACK_TURN(name, type, source)                                                                       \
      }                                                                                                     \
    } while (advance(turn, &outer, dims, trips, strides));                                                  \
    return to;                                                                                              \
  }                                                                                                         \
  /* All full panels at once, turn by turn, where lanes are next to each other; how many lanes that are. */ \
  static int64_t name##_rows(type* VM_RESTRICT to, const source* VM_RESTRICT from, int64_t count,           \
                             uint32_t width, uint32_t dims, const int64_t* trips, const int64_t* strides) { \
    int64_t turn[VM_NEST_LOOPS] = {0};                                                                      \
    const int64_t inner = trips[dims - 1], step = strides[dims - 1];                                        \
    const int64_t lanes = count - count % width, panel = all_turns(dims, trips) * width;                    \
    int64_t outer = 0;                                                                                      \
    do {                                                                                                    \
      int64_t at = outer, k;                                                                                \
      for (k = 0; k < inner; ++k, at += step, to += width) {                                                \
        type* part = to;                                                                                    \
        int64_t lane = 0;                                                                                   \
        for (; lane < lanes; lane += width, part += panel) {                                                \
          PREFETCH(from, sizeof(source), at + lane + AHEAD * step);                                         \
          name##_copy(part, from + at + lane, width);                                                       \
        }                                                                                                   \
      }                                                                                                     \
    } while (advance(turn, &outer, dims, trips, strides));                                                  \
    return lanes;                                                                                           \
  }                                                                                                         \
  void name(void* to, const void* from, int64_t first, int64_t count, uint32_t width, uint32_t lane_dims,   \
            const int64_t* lane_trips, const int64_t* lane_strides, uint32_t turn_dims,                     \
            const int64_t* turn_trips, const int64_t* turn_strides) {                                       \
    type* panel = (type*)to;                                                                                \
    int64_t done = 0;                                                                                       \
    if (lane_dims == 1 && lane_strides[0] == 1) {                                                           \
      done = name##_rows(panel, (const source*)from + first, count, width, turn_dims, turn_trips,           \
                         turn_strides);                                                                     \
      panel += done * all_turns(turn_dims, turn_trips);                                                     \
    }                                                                                                       \
    for (; done < count; done += width) {                                                                   \
      int64_t places[VM_PANEL];                                                                             \
      const uint32_t valid = count - done < width ? (uint32_t)(count - done) : width;                       \
      vm_nest_places(places, first + done, valid, lane_dims, lane_trips, lane_strides);                     \
      panel = name##_panel(panel, (const source*)from, places, valid, width, turn_dims, turn_trips,         \
                           turn_strides);                                                                   \
    }                                                                                                       \
  }

PACK(vm_nest_pack_32_32, word32, word32, TRANSPOSE_32)
PACK(vm_nest_pack_64_64, word64, word64, NO_TRANSPOSE)
PACK(vm_nest_pack_32_i8, word32, vm_elem_i8, NO_TRANSPOSE)
PACK(vm_nest_pack_32_u8, word32, vm_elem_u8, NO_TRANSPOSE)
PACK(vm_nest_pack_32_i16, word32, vm_elem_i16, NO_TRANSPOSE)
PACK(vm_nest_pack_32_u16, word32, vm_elem_u16, NO_TRANSPOSE)
