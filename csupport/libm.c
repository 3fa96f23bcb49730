/* SPDX-License-Identifier: Apache-2.0 */
/* Mathematics that is called: f32 in C of our own, f64 the C library's.  See the note in ops.h. */
#include "f32_math.h"

/* clang-format off */

float vm_atan2_f32(float left, float right) { return vm_f32_atan2(left, right); }
float vm_pow_f32(float left, float right) { return vm_f32_pow(left, right); }
float vm_exp_f32(float operand) { return vm_f32_exp(operand); }
float vm_exp2_f32(float operand) { return vm_f32_exp2(operand); }
float vm_expm1_f32(float operand) { return vm_f32_expm1(operand); }
float vm_log_f32(float operand) { return vm_f32_log(operand); }
float vm_log10_f32(float operand) { return vm_f32_log10(operand); }
float vm_log1p_f32(float operand) { return vm_f32_log1p(operand); }
float vm_log2_f32(float operand) { return vm_f32_log2(operand); }
float vm_sin_f32(float operand) { return vm_f32_sin(operand); }
float vm_cos_f32(float operand) { return vm_f32_cos(operand); }
float vm_atan_f32(float operand) { return vm_f32_atan(operand); }
float vm_tanh_f32(float operand) { return vm_f32_tanh(operand); }
float vm_erf_f32(float operand) { return vm_f32_erf(operand); }

double vm_atan2_f64(double left, double right) { return atan2(left, right); }
double vm_pow_f64(double left, double right) { return pow(left, right); }
double vm_exp_f64(double operand) { return exp(operand); }
double vm_exp2_f64(double operand) { return exp2(operand); }
double vm_expm1_f64(double operand) { return expm1(operand); }
/* The functions that IREE's wheels are bound to compare with zero first: where denormals are flushed, they equal it. */
double vm_log_f64(double operand) { return operand == 0.0 ? -HUGE_VAL : log(operand); }
double vm_log10_f64(double operand) { return log10(operand); }
double vm_log1p_f64(double operand) { return log1p(operand); }
double vm_log2_f64(double operand) { return operand == 0.0 ? -HUGE_VAL : log2(operand); }
double vm_sin_f64(double operand) { return sin(operand); }
double vm_cos_f64(double operand) { return cos(operand); }
double vm_atan_f64(double operand) { return atan(operand); }
double vm_tanh_f64(double operand) { return tanh(operand); }
double vm_erf_f64(double operand) { return erf(operand); }
