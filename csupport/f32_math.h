/* SPDX-License-Identifier: Apache-2.0 */
/* Mathematics of f32: the functions of vm.*.f32 in C of our own, so that compilers vectorise them and every processor
 * gives the same last digits.
 *
 * The bits are those of glibc 2.29 to 2.40 on x86-64 processors with FMA, which is what IREE's wheels call there: all 2^32
 * inputs of each function of one operand were compared (`python -m tests.libm.show`). So the order of operations is
 * glibc's, and with it each rounding; coefficients and tables are facts taken from it:
 *
 *   exp, exp2, log, log2, pow, sin, cos   Arm's optimized routines, in double precision (glibc 2.27, 2.28)
 *   the others                            fdlibm's of 1993 in single precision (until glibc 2.40; CORE-MATH's from 2.41 on)
 *
 * There are no branches where a vector has none: conditions choose between values, and values out of range run through
 * the same arithmetic, which nobody looks at then. errno and exception flags are not set. What is not a number for a
 * number's sake is x86-64's: negative.
 *
 * Denormals may be flushed (HAL_FLUSH_DENORMALS): each function then does what glibc's does. So whatever takes part in a
 * decision is looked at as an integer where glibc does that, and arithmetic stays where it flushes.
 *
 * nest.h includes the functions in raised loops; everything else calls libm.c, where each is compiled once.
 */
#ifndef VM_F32_MATH_H
#define VM_F32_MATH_H

#include "f32_exp.h"
#include "f32_log.h"
#include "f32_pow.h"
#include "f32_trig.h"

#endif
