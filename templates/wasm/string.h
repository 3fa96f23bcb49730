/* SPDX-License-Identifier: Apache-2.0 */
/* What a static program needs of string.h where there is no C library: each is an instruction. */
#pragma once
#define memcpy(target, source, size) __builtin_memcpy(target, source, size)
#define memset(target, value, size)  __builtin_memset(target, value, size)
