"""Every instruction of every module decodes, to the last byte, and the verifier has nothing to say."""

from __future__ import annotations

from tests.corpus.programs import ENTRIES, FOLDER, Entry, every_entry, modules
from transpile.isa import decode
from transpile.verify import verify


def test_the_manifest_lists_every_file() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("v*/*.vmfb")}
    assert found == {entry.file for entry in ENTRIES}


@every_entry
def test_decodes_to_the_last_byte(entry: Entry) -> None:
    for name, module in modules(entry):
        for index, function in enumerate(module.functions):
            code = module.function_bytecode(index)
            found = list(decode(code, module.major))
            end = 0
            for instruction in found:
                assert instruction.offset == end, f"{name}, function {index}"
                end += instruction.length
            assert end == len(code) == function.bytecode_length, f"{name}, function {index}"
            assert sum(i.op.mnemonic == "block" for i in found) == function.block_count


@every_entry
def test_verifies_clean(entry: Entry) -> None:
    for name, module in modules(entry):
        report = verify(module)
        assert report.ok, f"{name}\n{report}"
