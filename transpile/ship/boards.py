"""Boards without an operating system that qemu emulates: a row for each, of what compiles for it and what it has.

Another board is a row here: `transpile/ship/mains.py` makes a program of each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Board:
    """A machine of qemu.

    `cpu` is what its code is for, `about` says it in words; `processor` is the row of `transpile/nests/plan/target.py`
    for loops; `tools` begin the names of the compiler and what belongs to it; `flags` choose the processor and the C
    library; `flash` and `ram` are where memory begins and how many KiB there are, `vectors` where those are
    if they do not begin the flash; `nanoseconds` is a tick of the board's clock, as a quotient; `start` is the template
    of its start-up, `entry` the symbol that begins it.
    """

    name: str
    cpu: str
    about: str
    processor: str
    tools: str
    flags: tuple[str, ...]
    emulator: tuple[str, ...]
    flash: tuple[int, int]
    ram: tuple[int, int]
    nanoseconds: tuple[int, int] = (1, 1)
    vectors: int | None = None
    start: str = "device/start_riscv.c.j2"
    entry: str = "start"

    @property
    def compiler(self) -> str:
        """Its command."""
        return f"{self.tools}gcc"

    @property
    def needed(self) -> tuple[str, str]:
        """Commands that have to be there to build for it and to run that."""
        return self.compiler, self.emulator[0]


_SEMIHOSTING = (
    *("-display", "none", "-serial", "none", "-monitor", "none"),
    *("-chardev", "stdio,id=out", "-semihosting-config", "enable=on,chardev=out"),
)


def _arm(name: str, cpu: str, about: str, processor: str, *flags: str) -> Board:
    """A board of Arm's: code at 0, memory at 0x20000000, a clock of 25 MHz."""
    return Board(
        name,
        cpu,
        about,
        processor,
        "arm-none-eabi-",
        (f"-mcpu={cpu}", "-mthumb", *flags, "--specs=nano.specs"),
        ("qemu-system-arm", "-M", name, *_SEMIHOSTING),
        flash=(0, 4096),
        ram=(0x20000000, 4096),
        nanoseconds=(40, 1),
        start="device/start_arm.c.j2",
        entry="vectors",
    )


BOARDS = (
    _arm("mps2-an385", "cortex-m0plus", "code for a Cortex-M0+, on a Cortex-M3 in qemu", "scalar"),
    _arm(
        *("mps2-an386", "cortex-m4", "a Cortex-M4 in qemu", "cortex-m4"),
        *("-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
    ),
    _arm(
        *("mps2-an500", "cortex-m7", "a Cortex-M7 in qemu", "cortex-m4"),
        *("-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"),
    ),
    replace(
        _arm("mps3-an547", "cortex-m55", "a Cortex-M55 with Helium in qemu", "helium", "-mfloat-abi=hard"),
        vectors=0,
        flash=(0x01000000, 2048),
        ram=(0x20000000, 512),
        nanoseconds=(125, 4),
    ),
    Board(
        "rv32-virt",
        "rv32imc",
        "a 32-bit RISC-V core without floating point in qemu",
        "scalar",
        "riscv64-unknown-elf-",
        ("-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"),
        ("qemu-system-riscv32", "-M", "virt", "-bios", "none", *_SEMIHOSTING),
        flash=(0x80000000, 16384),
        ram=(0x81000000, 16384),
    ),
)

BY_CPU = {board.cpu: board for board in BOARDS}
"""By what code is made for."""
