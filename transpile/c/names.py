"""Names of a module as C identifiers, reversibly, in three families.

exports         <prefix>_<name>                      what a user of the generated code calls
tool-owned      vmc_<prefix>_<what>                  everything else with linkage
locals          i, x3, input0, …                     never clash with the above: they have none of the prefixes

A name's letters, digits and underscores stay; any other byte becomes `_xHH_`, and so does an `x` at the beginning or
behind an underscore.  A prefix with underscores gets `_x` behind it:

    mm, "predict_all"       mm_predict_all              net, "quant_scale"      net_quant_scale
    mm, "a.b"               mm_a_x2e_b                  net_quant, "scale"      net_quant_x_scale

No two pairs of a prefix and a name give one identifier.  What stands for a name has `_x` only where an escape begins,
so nowhere `_x_`, and it does not begin with `x`.  The last `_x_` of an identifier therefore ends the prefix; where
there is none the prefix has no underscores, and the first underscore ends it.  Files are named by the same rule.
"""

from __future__ import annotations

import hashlib
import re

from transpile.errors import Diagnostic, Status, UsageError

_KEYWORDS = frozenset(
    """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile
    while asm class delete new this template typename operator private public protected virtual friend
    namespace using try catch throw bool true false and or not xor export int32_t int64_t fail status offset turns
    vm zero main errno
    """.split()
)
# Families of the runtime's and of C's own names (`pthread_create`, `int32_t`, `static_assert`) and headers (`string.h`
# beside the generated code would be taken for the library's).
_FAMILIES = frozenset(
    """
    vm vmc hal io interp binding nest ops internal
    aio aligned alloca and arm arpa assert at atomic bits byteswap char8 char16 char32 clock cnd complex const ctype cxx
    dirent dlfcn dynamic endian err error feature features fcntl fenv float gcc getopt gnu grp iconv ifaddrs immintrin
    in inet int8 int16 int32 int64 intmax intptr inttypes iso646 langinfo libintl limits linux locale malloc math max
    mem memory mq mtx netdb netinet not nl omp or poll posix printf pthread ptrdiff pwd quick regex reinterpret
    resource sched sem semaphore setjmp shm sig signal size sock spawn ssize static stdalign stdarg stdatomic stdbool
    stddef stdint stdio stdlib stdnoreturn string strings sys syslog termios tgmath thread threads thrd time tss uchar
    uint8 uint16 uint32 uint64 uintmax uintptr unistd utime va wait wchar wctype wordexp xor
    dbl flt ldbl ptr uint schar uchar shrt ushrt long ulong llong ullong
    """.split()
)
# What a header has besides the exports.
_OWN = frozenset(["module", "create", "destroy", "imports", "import_count", "bind"])
_LIMIT = 160
_PREFIX_LIMIT = 64
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*")


def mangle(name: str) -> str:
    """An identifier tail that stands for `name`, and for no other name."""
    data = name.encode("utf-8", "surrogateescape")
    tokens: list[str] = []
    for byte in data:
        letter = chr(byte)
        plain = byte < 0x80 and (letter.isalnum() or letter == "_")
        begins = not tokens or tokens[-1].endswith("_")
        tokens.append(letter if plain and not (begins and letter == "x") else _escape(byte))
    text = "".join(tokens)
    return text if len(text) <= _LIMIT else f"{_cut(tokens)}_{hashlib.sha256(data).hexdigest()[:16]}"


def _escape(byte: int) -> str:
    return f"_x{byte:02x}_"


def _cut(tokens: list[str]) -> str:
    """As many tokens as the limit allows, none of them halved."""
    kept = ""
    for token in tokens:
        if len(kept) + len(token) > _LIMIT:
            break
        kept += token
    return kept


def unmangle(text: str) -> str:
    """The name that `mangle` turned into `text` (names that were cut for length excepted)."""
    parts = re.split(r"_x([0-9a-f]{2})_", text)
    data = b"".join(bytes([int(p, 16)]) if i % 2 else p.encode() for i, p in enumerate(parts))
    return data.decode("utf-8", "surrogateescape")


def prefix_for(name: str) -> str:
    """The prefix of symbols and files made from a module's name."""
    text = re.sub(r"[\W_]+", "_", name, flags=re.ASCII).strip("_") or "module"
    if text[0].isdigit() or _reserved(text):
        text = f"m_{text}"
    if len(text) > _PREFIX_LIMIT:
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        text = f"{text[: _PREFIX_LIMIT - 13].rstrip('_')}_{digest}"
    return _ended(text)


def chosen_prefix(text: str) -> str:
    """The prefix of symbols and files that a user wants; raise `UsageError` where it cannot be one."""
    if not _PREFIX.fullmatch(text) or len(text) > _PREFIX_LIMIT:
        hint = f"use at most {_PREFIX_LIMIT} ASCII letters, digits and single underscores, a letter first"
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, f"{text!r} cannot be a prefix of C", "--prefix", hint))
    if _reserved(text):
        message = f"{text!r} begins names of C or of the runtime"
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, "--prefix", f"choose another, such as m_{text}"))
    return _ended(text)


def _reserved(text: str) -> bool:
    first = text.partition("_")[0].lower()
    return text in _KEYWORDS or first in _FAMILIES


def _ended(text: str) -> str:
    return f"{text}_x" if "_" in text else text


class Names:
    """Symbols of one module under a prefix from `prefix_for` or `chosen_prefix`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def export(self, name: str, own: frozenset[str] = _OWN) -> str:
        """The public C function of an export.  A name the header has of its own gets its first letter escaped."""
        tail = f"{_escape(ord(name[0]))}{name[1:]}" if name in own else mangle(name)
        return f"{self.prefix}_{tail}"

    def own(self, what: str) -> str:
        """A symbol of the tool's own."""
        return f"vmc_{self.prefix}_{what}"

    def function(self, index: int, name: str) -> str:
        """An internal function."""
        return self.own(f"f{index}_{mangle(name)}")


class Locals:
    """Unique local names of one function."""

    COUNTERS = "ijklmn"  # loop counters by depth

    def __init__(self) -> None:
        self._taken: set[str] = set(self.COUNTERS)
        self._counts: dict[str, int] = {}

    def fresh(self, stem: str) -> str:
        """`stem` with a number."""
        while True:
            number = self._counts.get(stem, 0)
            self._counts[stem] = number + 1
            if self.take(f"{stem}{number}"):
                return f"{stem}{number}"

    def take(self, name: str) -> bool:
        """Claims a name; False if it is taken or no good."""
        good = bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name)) and name not in _KEYWORDS
        if not good or name in self._taken or name.startswith(("vm_", "vmc_", "VM_", "hal_")):
            return False
        self._taken.add(name)
        return True
