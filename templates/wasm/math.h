/* SPDX-License-Identifier: Apache-2.0 */
/* What static programs take of math.h, without a C library's: first what is an instruction, or is made of them. */
#pragma once
#define ceil(x)       __builtin_ceil(x)
#define ceilf(x)      __builtin_ceilf(x)
#define fabs(x)       __builtin_fabs(x)
#define fabsf(x)      __builtin_fabsf(x)
#define floor(x)      __builtin_floor(x)
#define floorf(x)     __builtin_floorf(x)
#define nearbyint(x)  __builtin_nearbyint(x)
#define nearbyintf(x) __builtin_nearbyintf(x)
#define sqrt(x)       __builtin_sqrt(x)
#define sqrtf(x)      __builtin_sqrtf(x)
#define HUGE_VAL      __builtin_huge_val()

/* Half away from zero.  What is cut off is exact. */
static inline double round(double x) {
  const double whole = __builtin_trunc(x);
  return __builtin_fabs(x - whole) >= 0.5 ? whole + __builtin_copysign(1.0, x) : whole;
}
static inline float roundf(float x) {
  const float whole = __builtin_truncf(x);
  return __builtin_fabsf(x - whole) >= 0.5f ? whole + __builtin_copysignf(1.0f, x) : whole;
}

/* Then functions of a C library: programs that call one are linked with it. */
double atan(double), cos(double), erf(double), exp(double), exp2(double), expm1(double), log(double), log10(double);
double log1p(double), log2(double), sin(double), tanh(double), atan2(double, double), pow(double, double);
double fma(double, double, double), remainder(double, double);
float fmaf(float, float, float), remainderf(float, float);
