"""Rules about the module's tables (V1 to V17) and the extra ones of that level."""

from __future__ import annotations

from transpile.errors import Status
from transpile.verify.rule import Rule

_IA = Status.INVALID_ARGUMENT

MODULE_RULES: tuple[Rule, ...] = (
    Rule("V1", "The file is a readable FlatBuffer module", _IA,
         "The archive has room for a module, the FlatBuffer in it carries the identifier IREE, every offset stays "
         "inside it, and the required name is there.  The container reader checks this while it reads; a file that "
         "fails here has no module to say more about."),
    Rule("V2", "The runtime has every feature the module requires", _IA,
         "The requirements word of the module names instruction set extensions: EXT_F32, EXT_F64 and, from bytecode "
         "version 17 on, YIELD and UNWIND.  A bit that the version does not define belongs to some newer format."),
    Rule("V3", "The module has a name", _IA,
         "Other modules import from it, and messages refer to it, by that name."),
    Rule("V4", "Every entry of the type table has a name", _IA,
         "Instructions refer to types by index into this table.  An entry without a name cannot be resolved."),
    Rule("V5", "External rodata lies inside the file", _IA,
         "A large segment is stored behind the FlatBuffer, by offset and length.  The end is computed without "
         "overflow; runtimes before 2026 let a wrapping offset pass.  A file that was cut off fails here.",
         "the file is cut off: fetch it again, or compile it again"),
    Rule("V6", "Every dependency has a name", _IA,
         "A dependency names a module that has to be loaded first."),
    Rule("V7", "Every function signature is present", _IA,
         "Signatures stand parallel to the function descriptors; a null entry leaves a function without a calling "
         "convention."),
    Rule("V8", "Every import is present and has a name", _IA,
         "Imports are resolved by their full name, `module.function`."),
    Rule("V9", "There are as many signatures as functions", _IA,
         "Signature i describes function i.  With tables of different length one of the two is damaged."),
    Rule("V10", "Every export is present and has a name", _IA,
         "Exports are looked up by name, so one without a name can never be called."),
    Rule("V11", "Every export refers to a function of the module", _IA,
         "The internal ordinal of an export is an index into the function descriptors.  It is stored signed; a "
         "negative one is refused as well."),
    Rule("V12", "The bytecode version is supported", _IA,
         "Versions 15, 16 and 17 with minor 0 share one schema and one instruction table.  The runtime of a release "
         "reads exactly one of them; this tool reads all three.  Older files lay out their tables differently, and "
         "newer ones may mean anything, so the code of such a module is not examined further.",
         "another release of IREE's compiler made it: compile it again with iree-base-compiler 3.13, or get a release "
         "that reads it: pip install --upgrade transpile-vmfb"),
    Rule("V13", "Every function has at least one block", _IA,
         "The block count of a descriptor includes the entry block.  It is stored in 16 signed bits; released "
         "runtimes take a negative one for a huge capacity and try to allocate it.  It is refused here."),
    Rule("V14", "No function is empty", _IA,
         "A function of length 0 has no entry block to start in."),
    Rule("V15", "Every function lies inside the bytecode", _IA,
         "Offset and length of a descriptor are signed.  Neither may be negative, and their exact sum may not exceed "
         "the bytecode's length.  Released runtimes do not reject a negative length explicitly."),
    Rule("V16", "Register counts are numbers that a register can name", _IA,
         "At most 0x7FFF words and 0x3FFF refs, and never negative.  Released runtimes load functions with negative "
         "counts and fail when they are called."),
    Rule("V17", "Every type name is known", Status.NOT_FOUND,
         "A name is one of i8 to i64, f32, f64, `!vm.opaque`, `!vm.buffer`, `!vm.list<...>`, a ref type of the HAL, or "
         "a type of a module this one imports functions from, since only such a module can make objects of it.  IREE "
         "asks the types that happen to be registered in the process instead."),
    Rule("V44", "The calling convention of every import is well formed", _IA,
         "A convention is empty or version 0 of the notation, and every character of it belongs to the notation; it is "
         "not missing (the loader of 3.13.0 crashes on a call of such an import).  "
         "IREE parses the convention when a call is verified, and compares it with the export's when it resolves the "
         "import; here it is parsed once, because imports are known by name and convention together."),
    Rule("V45", "Global storage has a size that is not negative", _IA,
         "The byte size of the primitive globals and the number of ref globals are signed in the file.  Released "
         "runtimes load such a module and meet the number when its state is allocated."),
    Rule("V46", "Functions do not overlap in the bytecode", _IA,
         "Every function has bytes of its own.  Compilers place functions one after another.  Without this rule a "
         "small file could describe the same bytes as thousands of functions, and all the work that follows would "
         "grow with the square of its size.  IREE has no such rule."),
    Rule("V48", "The functions that begin and end a module take and give nothing", _IA,
         "`__init` runs when an instance is made and `__deinit` when it ends; nobody is there to pass arguments or to "
         "take results.  The loader of 3.13.0 calls them all the same, and crashes."),
)  # fmt: skip
