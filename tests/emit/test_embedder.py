"""Imports that a C program supplies: typed functions, untyped ones, and none."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.csupport.support import EXACT, SANITIZERS, SANITIZING, SOURCES, WARNINGS, run
from tests.support.modules import build_module, function
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.native.build import write_files
from transpile.resources import CSUPPORT

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "tests" / "modules" / "v17"

PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "%(prefix)s.h"

static int out_of_memory;
static size_t in_use;

static void* allocate(void* self, size_t size, size_t alignment) {
  (void)self;
  if (out_of_memory) return NULL;
  in_use += size;
  return vm_system_allocator.allocate(NULL, size, alignment);
}

static void release(void* self, void* memory, size_t size) {
  (void)self;
  if (memory) in_use -= size;
  vm_system_allocator.release(NULL, memory, size);
}

static const vm_allocator counting = {NULL, allocate, release};

static void say(vm_instance* vm, vm_status status, long long result) {
  if (status) printf("%%s: %%s\\n", vm_status_name(status), vm_last_error(vm)->message);
  else printf("%%lld\\n", result);
}
%(body)s
"""

OPTIONAL = """
static vm_status extra(vm_instance* vm, void* self, int32_t x, int32_t* result) {
  if (x < 0) return vm_raise(vm, VM_ABORTED, "negative");
  *result = x + *(int32_t*)self;
  return VM_OK;
}

static vm_status untyped(vm_instance* vm, void* self, const vm_value* arguments, vm_value* results) {
  (void)vm;
  results[0].i32 = arguments[0].i32 * *(int32_t*)self;
  return VM_OK;
}

static void try_all(const vm_import_binding* table) {
  vm_options options = {.imports = table, .allocator = &counting};
  vm_instance* vm = NULL;
  vm_status status;
  int32_t first = -1, second = -1, result = 0;
  if (o_create(&options, &vm) || o_has_extra(vm, &first, &second)) exit(1);
  printf("%d %d ", (int)first, (int)second);
  status = o_extra_or(vm, 4, &result);
  say(vm, status, result);
  status = o_always(vm, -4, &result);
  say(vm, status, result);
  o_destroy(vm);
}

int main(void) {
  int32_t ten = 10;
  const o_imports functions = {.self = &ten, .host_extra = extra};
  vm_import_binding table[o_import_count];
  vm_import_binding by_hand[o_import_count] = {{untyped, &ten, NULL}, {NULL, NULL, NULL}};
  o_bind(&functions, table);
  try_all(table);
  try_all(by_hand);
  try_all(NULL);
  return in_use != 0;
}
"""

VARIADIC = """
static vm_status sum(vm_instance* vm, void* self, int32_t first, uint32_t count, const int64_t* rest, int64_t* result) {
  (void)vm;
  (void)self;
  *result = first;
  for (uint32_t i = 0; i < count; i++) *result += rest[i];
  return VM_OK;
}

static vm_status pairs(vm_instance* vm, void* self, uint32_t count, const int32_t* a, const float* x, vm_ref last,
                       int32_t* result) {
  (void)vm;
  (void)self;
  *result = last ? -1 : 0;
  for (uint32_t i = 0; i < count; i++) *result += a[i] * (int32_t)x[i];
  return VM_OK;
}

static vm_status untyped_sum(vm_instance* vm, void* self, const vm_value* arguments, vm_value* results) {
  const int64_t* none = NULL;
  int64_t rest[2];
  (void)vm;
  for (int32_t i = 0; i < arguments[1].i32; i++) rest[i] = arguments[2 + i].i64;
  return sum(vm, self, arguments[0].i32, (uint32_t)arguments[1].i32, arguments[1].i32 ? rest : none, &results[0].i64);
}

static vm_status untyped_pairs(vm_instance* vm, void* self, const vm_value* arguments, vm_value* results) {
  const int32_t a[2] = {arguments[1].i32, arguments[3].i32};
  const float x[2] = {arguments[2].f32, arguments[4].f32};
  return pairs(vm, self, (uint32_t)arguments[0].i32, a, x, arguments[5].ref, &results[0].i32);
}

static void try_all(const vm_import_binding* table) {
  vm_options options = {.imports = table, .allocator = &counting};
  vm_instance* vm = NULL;
  vm_status status;
  int64_t total = 0;
  int32_t product = 0;
  if (v_create(&options, &vm)) exit(1);
  status = v_sums(vm, 1, 10, 100, &total);
  say(vm, status, total);
  status = v_pairs(vm, 3, 4.0f, &product);
  say(vm, status, product);
  out_of_memory = 1;
  status = v_sums(vm, 1, 10, 100, &total);
  say(vm, status, total);
  out_of_memory = 0;
  v_destroy(vm);
}

int main(void) {
  const v_imports functions = {NULL, sum, pairs};
  vm_import_binding table[v_import_count];
  vm_import_binding by_hand[v_import_count] = {{untyped_sum, NULL, NULL}, {untyped_pairs, NULL, NULL}};
  vm_options options = {.allocator = &counting};
  vm_instance* vm = NULL;
  vm_status status;
  v_bind(&functions, table);
  try_all(table);
  try_all(by_hand);
  status = v_create(&options, &vm);
  say(vm, status, 0);
  v_destroy(vm);
  return in_use != 0;
}
"""


def build(module: container.Module, prefix: str, body: str, folder: Path, compiler: str) -> str:
    """What the program prints, under the sanitizers and without a warning."""
    output = emit(module, EmitOptions(prefix=prefix))
    write_files(output.files, folder)
    (folder / "program.c").write_text(PROGRAM % {"prefix": prefix, "body": body})
    command = [compiler, *WARNINGS, *EXACT, "-O1", *SANITIZERS, "-I", CSUPPORT, "-I", folder]
    run("sh", "-c", f"cd {folder} && {' '.join(map(str, command))} program.c {' '.join(output.sources)} "
        f"{' '.join(map(str, SOURCES))} -o program -lm")
    done = subprocess.run([str(folder / "program")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("compiler", SANITIZING)
def test_an_optional_import_typed_untyped_and_missing(compiler: str, tmp_path: Path) -> None:
    module = container.load(MODULES / "vm_optional_import.vmfb")
    assert build(module, "o", OPTIONAL, tmp_path, compiler).splitlines() == [
        "1 0 14",
        "ABORTED: negative",
        "1 0 40",
        "-40",
        "0 0 5",
        "NOT_FOUND: import host.extra is not bound",
    ]


def test_spans_are_arrays_for_typed_functions_and_values_for_others(tmp_path: Path) -> None:
    module = container.load(MODULES / "vm_variadic_import.vmfb")
    assert build(module, "v", VARIADIC, tmp_path, SANITIZING[0]).splitlines() == [
        "123",
        "24",
        "123",
        "123",
        "24",
        "RESOURCE_EXHAUSTED: out of memory or stack",
        "NOT_FOUND: required import host.sum is not bound",
    ]


def test_the_header_is_c_plus_plus(tmp_path: Path) -> None:
    output = emit(container.load(MODULES / "vm_variadic_import.vmfb"), EmitOptions(prefix="v"))
    write_files(output.files, tmp_path)
    (tmp_path / "user.cc").write_text('#include "v.h"\nv_imports functions;\n')
    flags = ["-Wall", "-Wextra", "-Werror", "-I", CSUPPORT, "-I", tmp_path]
    run("g++", *flags, "-c", tmp_path / "user.cc", "-o", tmp_path / "user.o")


def test_exports_and_imports_do_not_clash() -> None:
    imports = [("host.self", "0v_v"), ("host.a-b", "0v_v"), ("host.a-c", "0v_v"), ("int.*/x", "0v_v")]
    code = function("f", ("return", ()), export="bind")
    header = str(emit(container.load(build_module([code], name="m", imports=imports))).files["m.h"])
    assert "vm_status m__x62_ind(" in header and "void m_bind(" in header
    members = re.findall(r"vm_status \(\*(\w+)\)", header)
    assert members == ["host_self", "import0", "import1", "import2"]
    assert "*/x" not in header
