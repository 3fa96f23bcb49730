"""What emissions have written into a folder: `emitted.json`, file to owner and digest.

    {"csupport/vm.h": ["csupport", "<sha256>"], "net.c": ["net of net.vmfb as net", "<sha256>"]}

It is what later emissions go by, and never trusted further: an entry that is no such pair, or whose name could lead out
of the folder, counts as missing, and so does every entry of a file that cannot be read as a record.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

RECORD = "emitted.json"
RUNTIME = "csupport"
"""The folder of the runtime's files, and their owner: whoever emits into a folder shares them."""

_NAME = re.compile(r"(?!\.+(?:/|$))[\w.+-]{1,200}(?:/(?!\.+(?:/|$))[\w.+-]{1,200}){0,3}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Written:
    """Who wrote a file, and what it held then."""

    owner: str
    digest: str


def read_record(folder: Path) -> dict[str, Written] | None:
    """The entries by file name; None where something is in the record's place that is no record."""
    path = folder / RECORD
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {name: Written(*entry) for name, entry in found.items() if _NAME.fullmatch(name) and _is_entry(entry)}


def record_text(known: dict[str, Written]) -> str:
    """The record's file, the same for the same entries."""
    return json.dumps({name: [at.owner, at.digest] for name, at in sorted(known.items())}, indent=1) + "\n"


def digest_of(content: bytes | memoryview) -> str:
    """As the record has it."""
    return hashlib.sha256(content).hexdigest()


def file_digest(path: Path) -> str:
    """Of a file as it is now; "" where there is no plain file that can be read."""
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, list) or len(entry) != 2:
        return False
    owner, digest = entry
    return isinstance(owner, str) and isinstance(digest, str) and _DIGEST.fullmatch(digest) is not None
