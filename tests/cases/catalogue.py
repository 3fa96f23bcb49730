"""The cases: what is run, what is right, and the tests of the same kind elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.cases.shell import Shell, Step

LOCAL = "iree-compile --iree-hal-target-device=local --iree-hal-local-target-device-backends=vmvx"
INLINE = "iree-compile --iree-hal-target-backends=vmvx-inline --iree-execution-model=inline-static"
COMPILE_C = "cc -std=c99 -O1 -ffp-contract=off -fPIC -shared"
ENGINES = ("--engine=interpreter", "--optimize=none", "--optimize=size", "--optimize=speed")
LEVELS = ("none", "size", "speed")


class Case(NamedTuple):
    """A folder, the kind of fault it is one of, how it is shown, and the tests of the kind."""

    name: str
    kind: str
    steps: Callable[[Shell], Iterator[Step]]
    tests: tuple[str, ...] = ()
    still_open: str = ""
    """Why a step still differs, where that is known."""

    def show(self, source: Path, folder: Path) -> Iterator[Step]:
        """Run it in an empty folder, with its files from a folder of cases."""
        yield from self.steps(Shell(self.name, source, folder))


def _argument_aliasing(shell: Shell) -> Iterator[Step]:
    lines = "h(a, a, a) is A@A+A: True   a is what it was: True\nidentity, x changed afterwards, result still 0: True"
    yield shell.ends("python show.py", f"{lines}\nstate kept from x: [0. 1. 2. 3. 4.] expected [0 1 2 3 4]")
    shell.make(f"{LOCAL} accumulate.mlir -o accumulate.vmfb")
    inputs = shell.arrays((4, 8), (4,))
    for engine in ENGINES:
        yield shell.bits_of_iree("accumulate.vmfb", "f", *inputs, results=2, options=engine)
        yield shell.bits_of_iree("accumulate.vmfb", "g", *inputs, options=engine)


def _denormal_select(shell: Shell) -> Iterator[Step]:
    shell.make(f"{LOCAL} larger.mlir -o larger.vmfb")
    shell.make(f"{LOCAL} minmax.mlir -o minmax.vmfb")
    left = "8xf32=1e-39 -1e-39 1e-45 0 1 -2e-40 1e-45 3e-41"
    right = "8xf32=1e-39 -1e-39 -1e-45 1e-45 2 -1e-40 1e-45 2e-41"
    expected = "8xf32=1E-39 -1E-39 -1.4013E-45 1.4013E-45 2 -9.99995E-41 1.4013E-45 1.99993E-41"
    for engine in ENGINES:
        call = f'transpile run larger.vmfb --function=larger --input="{left}" --input="{right}" {engine}'
        yield shell.ends(call, expected, last=1)
        yield shell.as_iree("minmax.vmfb", "sel", left, right, options=engine)
        yield shell.as_iree("minmax.vmfb", "clip", left, options=engine)


def _deep_frames(shell: Shell) -> Iterator[Step]:
    for level in (*LEVELS, "interpreter"):
        deepest = "0" if level == "interpreter" else "RESOURCE_EXHAUSTED"  # it has no operands on the C stack
        yield shell.ends(f"python many_operands.py {level} 2000", f"{level} 3000 {deepest}", last=1)
        yield shell.ends(f"python many_values.py {level} 3000", f"{level} 100000 RESOURCE_EXHAUSTED", last=1)


def _endless_call(shell: Shell) -> Iterator[Step]:
    for engine in ("c", "interpreter"):
        yield shell.interrupted(f"transpile run endless.vmfb --function=f --engine={engine}", "EXEC @f")


def _executable_format(shell: Shell) -> Iterator[Step]:
    call = "transpile run mutant789.vmfb --function=activations --input=32xf32=1"
    for level in LEVELS:
        yield shell.agrees(f"{call} --optimize={level}", f"{call} --engine=interpreter")


def _long_structures(shell: Shell) -> Iterator[Step]:
    text, _ = shell.run("python else_if_chain.py 400")
    (shell.folder / "chain.mlir").write_text(text)
    shell.make(f"{LOCAL} chain.mlir -o chain.vmfb")
    yield shell.as_iree("chain.vmfb", "f", "7", "100", options="--engine=interpreter")
    said, code = shell.run("transpile emit chain.vmfb -o c")
    yield Step("transpile emit chain.vmfb -o c", "exit code 0", f"exit code {code}" if code == 0 else said)
    for kind, count in (("index", 250), ("value", 250), ("nest", 100)):
        expected = "\n".join(f"{kind} {count} {level} ok" for level in LEVELS)
        yield shell.ends(f"python long_chain.py {kind} {count}", expected)


def _long_shapes(shell: Shell) -> Iterator[Step]:
    said, code = shell.run("python shapes.py")
    failed = [line for line in said.splitlines() if "EXC" in line]
    yield Step("python shapes.py", "exit code 0", "\n".join([*failed, f"exit code {code}"]))


def _reduction_loops(shell: Shell) -> Iterator[Step]:
    said, code = shell.run("python eighteen.py 18")
    literal, raised = ([line for line in said.splitlines() if line.startswith(word)] for word in ("literal", "raised"))
    if code or not literal or not raised:
        yield Step("python eighteen.py 18", "two equal answers", f"{said[-200:]}, exit code {code}")
        return
    answers = (literal[0].removeprefix("literal "), raised[0].removeprefix("raised ").partition(" entered/taken")[0])
    yield Step("python eighteen.py 18", *answers)


def _names_prefix_free(shell: Shell) -> Iterator[Step]:
    for name in ("net", "net_quant"):
        shell.make(f"{INLINE} {name}.mlir -o {name}.vmfb")
    for folder, first, second in (("both", "", ""), ("graphs", "--prefix=graph", "--prefix=graph_0")):
        shell.make(f"transpile emit net.vmfb -o {folder} {first}")
        shell.make(f"transpile emit net_quant.vmfb -o {folder} {second}")
        sources = " ".join(str(path) for path in sorted((shell.folder / folder).rglob("*.c")))
        said, code = shell.run(f"{COMPILE_C} -I{folder} -I{folder}/csupport {sources} -o {folder}.so -lm")
        yield Step(f"cc {folder}/*.c, of net {first} and net_quant {second}", "links", said if code else "links")


def _unused_argument(shell: Shell) -> Iterator[Step]:
    shell.make("iree-as-module u1.vmasm --output=u1.vmfb")
    shell.make("iree-as-module u4.vmasm --output=u4.vmfb")
    yield shell.as_iree("u1.vmfb", "f", "5")
    yield shell.as_iree("u4.vmfb", "f", "(null)", "5")


def _two_devices(shell: Shell) -> Iterator[Step]:
    devices = "--iree-hal-target-device=one=local[0] --iree-hal-target-device=two=local[1]"
    backends = "--iree-hal-local-target-device-backends=vmvx"
    shell.make(f"iree-compile --iree-execution-model=async-external {devices} {backends} x.mlir -o x.vmfb")
    for engine in ENGINES:
        yield shell.as_iree("x.vmfb", "f", "4xf32=0 1 2 3", options=engine, devices=2)


def _read_only_constant(shell: Shell) -> Iterator[Step]:
    shell.make(f"{LOCAL} insert.mlir -o insert.vmfb")
    right = "4x4xi32=[1 2 3 4][5 6 -1 -2][9 10 -3 -4][13 14 15 16]"
    for engine in ENGINES:
        yield shell.ends(f"transpile run insert.vmfb {engine}", right, last=1)


def _runtime_strides(shell: Shell) -> Iterator[Step]:
    shell.make(f"{LOCAL} mm.mlir -o mm.vmfb")
    for engine in ENGINES:
        yield shell.bits_of_iree("mm.vmfb", "mm", *shell.arrays((33, 65), (65, 34)), options=engine)
    said, _ = shell.run("transpile explain mm.vmfb")
    kernel = said.partition("@mm_dispatch_0")[2].partition("\n\n")[0]
    seen = "literal" if "literal" in kernel or not kernel else "raised"
    yield Step("transpile explain mm.vmfb", "raised", seen)


def _matvec(shell: Shell) -> Iterator[Step]:
    shell.make(f"{LOCAL} matvec.mlir -o matvec.vmfb")
    for engine in ENGINES:
        yield shell.bits_of_iree("matvec.vmfb", "matvec", *shell.arrays((96, 256), (256,)), options=engine)


def _e8m0_text(shell: Shell) -> Iterator[Step]:
    shell.make(f"{LOCAL} x.mlir -o x.vmfb")
    for value in ("5xf8E8M0FNU=0 -1 -0.0 1e-40 3", "1xf8E8M0FNU=-inf"):
        yield shell.as_iree("x.vmfb", "f", value, options="--engine=interpreter")


MEMORY = "tests/effects/test_memory.py::"
CASES = (
    Case(
        *("argument-aliasing", "who owns memory that goes in or comes out", _argument_aliasing),
        (
            MEMORY + "test_one_array_for_all_arguments",
            MEMORY + "test_overlapping_views",
            MEMORY + "test_a_result_is_not_the_argument",
            MEMORY + "test_state_is_the_modules_own",
        ),
    ),
    Case(
        *("denormal-select", "what C compilers rewrite only without flushing", _denormal_select),
        (
            "tests/hal/test_denormals.py::test_what_is_chosen_keeps_its_bits",
            "tests/behaviour/test_flushing.py::test_the_bits_are_the_interpreter_s",
        ),
    ),
    Case(
        *("deep-frames", "bytes of the C stack", _deep_frames),
        (
            "tests/host/test_stack.py::test_recursion_without_end_fails_on_small_stacks",
            "tests/host/test_stack.py::test_frames_are_not_larger_than_what_is_asked_for",
        ),
    ),
    Case(
        *("endless-call", "calls that are interrupted", _endless_call),
        ("tests/host/test_signals.py::test_interrupts_end_the_command",),
    ),
    Case(
        *("executable-format", "messages of both engines", _executable_format),
        ("tests/hal/test_code_segments.py::test_a_format_that_is_the_code_itself",),
    ),
    Case(
        *("long-structures", "recursion along a program", _long_structures),
        ("tests/emit/test_scale.py::test_every_stage_takes_large_functions",),
    ),
    Case(
        *("long-structures", "cost that grows faster than a program", _long_shapes),
        ("tests/emit/test_scale.py::test_twice_the_size_is_twice_the_work",),
    ),
    Case(
        *("reduction-loops", "arrays whose bound the generator does not know", _reduction_loops),
        (
            "tests/nests/test_limits.py::test_many_loops",
            "tests/nests/test_limits.py::test_the_runtime_has_the_same_limit",
        ),
    ),
    Case(
        *("names-prefix-free", "names that meet", _names_prefix_free),
        (
            "tests/emit/test_names.py::test_no_two_pairs_of_prefix_and_name_meet",
            "tests/emit/test_compile.py::test_modules_whose_names_nearly_meet",
            "tests/cli/test_folder.py::test_a_file_of_another_owner",
            "tests/cli/test_folder.py::test_what_an_earlier_emission_left",
        ),
    ),
    Case(
        *("unused-argument", "rules stricter than the loader's", _unused_argument),
        ("tests/verify/test_rules.py::test_the_neighbour_passes", "tests/verify/test_rules.py::test_iree_agrees"),
    ),
    Case(
        *("two-devices", "programs for several devices", _two_devices),
        (MEMORY + "test_devices",),
    ),
    Case(
        *("read-only-constant", "constants that a program writes", _read_only_constant),
        (MEMORY + "test_a_constant_that_is_written",),
    ),
    Case(
        *("runtime-strides", "strides that are values of the program", _runtime_strides),
        ("tests/nests/test_known.py::test_raised", "tests/nests/test_explain.py::test_strides_that_are_values"),
    ),
    Case("matvec", "rows without lanes", _matvec, ("tests/nests/test_known.py::test_raised",)),
    Case(
        *("e8m0-text", "elements as text", _e8m0_text),
        (
            "tests/cli/test_runio.py::test_reads_and_prints_as_the_tool",
            "tests/cli/test_runio.py::test_every_code_of_the_8_bit_floats",
            "tests/cli/test_refusals.py::test_has_the_code_of_the_tool",
        ),
    ),
)
