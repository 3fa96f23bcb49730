"""Compile the test programs and write `manifest.json`.

    python tests/modules/build.py --compiler 3.13.0=BIN --compiler 3.10.0=BIN …

Each BIN is the `bin` folder of a virtual environment with that compiler and its runtime. README.md lists the
versions and the packages. What compilers that are not named have made before stays. The compilers run in this folder
on relative paths, so that no path of the machine gets into the source locations of a module.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from oracle import OracleError, Outcome, call_by_text, call_with_tensors, sessions_in_process
from programs import Call, Program, read_programs

HERE = Path(__file__).parent
REFERENCE = "3.13.0"

Entry = dict[str, Any]

FLAVOURS = {
    "vm": ["--compile-mode=vm"],
    "inline-static": [
        "--iree-hal-target-backends=vmvx-inline",
        "--iree-execution-model=inline-static",
        "--iree-flow-inline-constants-max-byte-length=1000000000",
    ],
    "inline-dynamic": ["--iree-hal-target-backends=vmvx", "--iree-execution-model=inline-dynamic"],
    "vmvx": ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"],
}
FLAVOUR_SUFFIX = {"vm": "", "asm": "", "inline-static": "", "inline-dynamic": "_dynamic", "vmvx": "_vmvx"}

# Until August 2024 there was no flag for the device.
OLD_VMVX = ["--iree-hal-target-backends=vmvx"]

# 3.13.0, 3.10.0 and 3.9.0 compile everything; the others add a sample to folder v15: files named so, with this at the
# end of their names.
SAMPLES = {
    "3.5.0": ("_35", {
        "bits", "conv2d_vmvx", "dynamic_shapes_vmvx", "matmul_dynamic", "matmul_int8_vmvx", "mlp_vmvx", "softmax_vmvx",
        "tensor_globals_vmvx", "vm_lists",
    }),
    "20240828.999": ("_2024", {
        "bits", "calculator", "collatz", "conv2d", "conv2d_vmvx", "float_exact", "matmul", "matmul_dynamic",
        "matmul_vmvx", "reductions", "reductions_vmvx", "softmax", "softmax_vmvx", "util_globals", "vm_buffers",
        "vm_control_flow", "vm_lists", "vm_ref_lists", "vm_recursion", "vm_refs", "vm_sieve",
    }),
    "20240724.964": ("_202407", {"tensor_globals_vmvx"}),
    "20240410.859": ("_202404", {"conv2d_vmvx", "dynamic_shapes_vmvx", "tensor_globals_vmvx"}),
    "20231004.665": ("_202310", {
        "bits", "conv2d_vmvx", "dynamic_shapes_vmvx", "matmul_dynamic", "matmul_int8_vmvx", "mlp_vmvx", "softmax_vmvx",
        "tensor_globals_vmvx", "vm_sieve",
    }),
    "20230404.479": ("_2023", {
        "bits", "collatz", "conv2d_vmvx", "dynamic_shapes_vmvx", "fibonacci", "matmul_dynamic", "matmul_int8_vmvx",
        "nested_loops", "softmax_vmvx", "tensor_globals_vmvx", "vm_crc32", "vm_recursion", "vm_sieve",
    }),
}  # fmt: skip


@dataclass(frozen=True)
class Compiler:
    """One installed compiler with its runtime."""

    version: str
    bin_dir: Path

    @property
    def key(self) -> tuple[int, ...]:
        """Order of release: the dated versions came before 3.0."""
        parts = tuple(int(part) for part in self.version.split("."))
        return (0, *parts) if parts[0] > 1000 else parts

    @property
    def suffix(self) -> str:
        return SAMPLES[self.version][0] if self.version in SAMPLES else ""

    def takes(self, program: Program, flavour: str) -> bool:
        if self.version in program.not_for:
            return False
        name = f"{program.source.stem}{FLAVOUR_SUFFIX[flavour]}"
        return self.version not in SAMPLES or name in SAMPLES[self.version][1]

    def flags(self, flavour: str) -> list[str]:
        return OLD_VMVX if flavour == "vmvx" and self.key < (0, 2024_08_00) else FLAVOURS[flavour]


def command_for(compiler: Compiler, program: Program, flavour: str, output: Path) -> list[str]:
    source = str(program.source.relative_to(HERE))
    if flavour == "asm":
        return [str(compiler.bin_dir / "iree-as-module"), source, f"--output={output}"]
    tool = str(compiler.bin_dir / "iree-compile")
    return [tool, *compiler.flags(flavour), *program.flags, source, "-o", str(output)]


def compile_program(compiler: Compiler, program: Program, flavour: str, output: Path) -> bool:
    """Whether the compiler accepts the program; some are too new for the older ones."""
    command = command_for(compiler, program, flavour, output)
    if not Path(command[0]).exists():
        return False
    try:
        done = subprocess.run(["nice", *command], cwd=HERE, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode != 0:
        output.unlink(missing_ok=True)
    return done.returncode == 0


def bytecode_major(data: bytes) -> int:
    """The high half of the version word: slot 13 of the root table (a ZIP header may come first)."""
    start = 30 + int.from_bytes(data[26:28], "little") + int.from_bytes(data[28:30], "little")
    data = data[start + 4 :] if data[:4] == b"PK\3\4" else data[4:]
    root = int.from_bytes(data[:4], "little")
    vtable = root - int.from_bytes(data[root : root + 4], "little", signed=True)
    slot = int.from_bytes(data[vtable + 4 + 2 * 13 : vtable + 6 + 2 * 13], "little")
    return int.from_bytes(data[root + slot + 2 : root + slot + 4], "little")


def without_crash(compiler: Compiler, module: Path, sessions: list[list[Call]]) -> list[list[Outcome] | None]:
    """All sessions at once; if the runtime dies of one, each alone, and `None` for those it dies of."""
    try:
        return list(sessions_in_process(compiler.bin_dir, module, sessions))
    except (OracleError, subprocess.TimeoutExpired) as error:
        if len(sessions) == 1:
            print(f"{module.name}: {str(error)[:200]}", file=sys.stderr)
            return [None]
    return [without_crash(compiler, module, [session])[0] for session in sessions]


def takes_f32(call: Call) -> bool:
    return any(value.get("type") == "f32" for value in call.inputs)


def session_outcomes(
    compiler: Compiler, module: Path, sessions: list[list[Call]], reference: list[list[Outcome] | None]
) -> list[list[Outcome] | None]:
    """Outcomes of sessions of scalars. Before 3.10 Python could not pass an f32: then the tool makes the call."""
    outcomes: list[list[Outcome] | None] = [None] * len(sessions)
    plain = list(range(len(sessions)))
    if compiler.key < (3, 10):
        plain = [i for i in plain if not any(takes_f32(call) for call in sessions[i])]
    for i, outcome in zip(plain, without_crash(compiler, module, [sessions[i] for i in plain]), strict=True):
        outcomes[i] = outcome
    for i in set(range(len(sessions))) - set(plain):
        expected = reference[i]
        if len(sessions[i]) == 1 and expected:
            answer = call_by_text(compiler.bin_dir, module, sessions[i][0], expected[0])
            outcomes[i] = [answer] if answer else None
    return outcomes


def outcomes_for(
    compiler: Compiler, module: Path, program: Program, reference: list[list[Outcome] | None]
) -> list[list[Outcome] | None]:
    """Outcomes of all calls, each a session of one, and then of all sessions."""
    sessions = [[call] for call in program.calls] + program.sessions
    if not sessions:
        return []
    if any(call.has_tensors for call in program.calls):
        return [[call_with_tensors(compiler.bin_dir, module, call)] for call in program.calls]
    return session_outcomes(compiler, module, sessions, reference)


def call_entry(call: Call, outcome: Outcome, reference: Outcome | None) -> Entry:
    entry: Entry = {"function": call.function, "inputs": call.inputs, "outcome": outcome}
    if reference is not None and reference != outcome:
        entry["reference"] = reference
    return entry


def session_entry(session: list[Call], outcomes: list[Outcome], reference: list[Outcome] | None) -> list[Entry]:
    expected: list[Outcome] | list[None] = reference or [None] * len(session)
    return [call_entry(*each) for each in zip(session, outcomes, expected, strict=True)]


def module_entry(compiler: Compiler, program: Program, flavour: str, module: Path, reference: Entry) -> Entry:
    """What the manifest says of one module."""
    key = f"{program.source.stem} {flavour}"
    expected = reference.get(key, [None] * (len(program.calls) + len(program.sessions)))
    outcomes = outcomes_for(compiler, module, program, expected)
    if compiler.version == REFERENCE:
        reference[key] = outcomes
    pairs = zip([[call] for call in program.calls] + program.sessions, outcomes, expected, strict=False)
    done = [session_entry(s, o, e) if o else None for s, o, e in pairs]
    count = len(program.calls)
    return {
        "file": module.relative_to(HERE).as_posix(),
        "source": program.source.relative_to(HERE).as_posix(),
        "compiler": compiler.version,
        "flavour": flavour,
        "major": bytecode_major(module.read_bytes()),
        "libm": program.libm,
        "calls": [entry[0] for entry in done[:count] if entry],
        "sessions": [entry for entry in done[count:] if entry],
    }


def build_with(compiler: Compiler, programs: list[Program], reference: Entry) -> list[Entry]:
    """Compiles what this compiler takes, asks its runtime, and reports what it refused."""
    entries: list[Entry] = []
    for program in programs:
        for flavour in filter(partial(compiler.takes, program), program.flavours):
            name = f"{program.source.stem}{FLAVOUR_SUFFIX[flavour]}{compiler.suffix}.vmfb"
            scratch = HERE / name
            if not compile_program(compiler, program, flavour, scratch):
                print(f"{compiler.version} refuses {program.source.name} ({flavour})", file=sys.stderr)
                continue
            folder = HERE / f"v{bytecode_major(scratch.read_bytes())}"
            folder.mkdir(exist_ok=True)
            module = folder / name
            shutil.move(scratch, module)
            entries.append(module_entry(compiler, program, flavour, module, reference))
    return entries


def manifest_text(entries: list[Entry]) -> str:
    """Sorted, one call a line."""
    text = json.dumps(sorted(entries, key=lambda entry: str(entry["file"])), indent=1)
    return re.sub(r"\n {4,}", " ", text).replace("\n   ]", " ]").replace("\n   }", " }") + "\n"


def split_manifest(versions: set[str]) -> tuple[list[Entry], Entry]:
    """What other compilers have made, and the reference's answers if it is among them; the rest is deleted."""
    path = HERE / "manifest.json"
    entries: list[Entry] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    for entry in entries:
        if entry["compiler"] in versions:
            (HERE / entry["file"]).unlink(missing_ok=True)
    kept = [entry for entry in entries if entry["compiler"] not in versions]
    return kept, {
        f"{Path(entry['source']).stem} {entry['flavour']}": known_outcomes(entry)
        for entry in kept
        if entry["compiler"] == REFERENCE
    }


def known_outcomes(entry: Entry) -> list[list[Outcome]]:
    """Outcomes as `outcomes_for` gives them; the reference answers every call."""
    sessions = [[call] for call in entry["calls"]] + entry["sessions"]
    return [[call["outcome"] for call in session] for session in sessions]


def parse_compiler(text: str) -> Compiler:
    version, bin_dir = text.split("=", 1)
    return Compiler(version, Path(bin_dir).absolute())


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    option = parser.add_argument("--compiler", action="append", required=True, type=parse_compiler)
    option.metavar = "VERSION=BIN"
    compilers: list[Compiler] = sorted(parser.parse_args().compiler, key=lambda c: c.key, reverse=True)
    kept, reference = split_manifest({compiler.version for compiler in compilers})
    programs = read_programs(HERE / "src")
    entries = [entry for compiler in compilers for entry in build_with(compiler, programs, reference)]
    (HERE / "manifest.json").write_text(manifest_text([*kept, *entries]), encoding="utf-8")
    print(f"{len(entries)} modules")


if __name__ == "__main__":
    main()
