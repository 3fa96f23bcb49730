// flavours: vm
// call: @crc_of_text
// call: @crc_prefix i64=0
// call: @crc_prefix i64=9
// call: @crc_prefix i64=200

// CRC-32 of a constant string; the length is not checked, so a long prefix reads out of range.
vm.module @crc32 {
  vm.rodata private @text dense<[49, 50, 51, 52, 53, 54, 55, 56, 57]> : tensor<9xi8>
  vm.export @crc_of_text
  vm.func @crc_of_text() -> i32 {
    %text = vm.const.ref.rodata @text : !vm.buffer
    %n = vm.buffer.length %text : !vm.buffer -> i64
    %r = vm.call @crc_prefix(%n) : (i64) -> i32
    vm.return %r : i32
  }
  vm.export @crc_prefix
  vm.func @crc_prefix(%n: i64) -> i32 {
    %text = vm.const.ref.rodata @text : !vm.buffer
    %start = vm.const.i32 -1
    %i0 = vm.const.i64 0
    %i1 = vm.const.i64 1
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c8 = vm.const.i32 8
    %poly = vm.const.i32 -306674912
    vm.br ^bytes(%i0, %start : i64, i32)
  ^bytes(%i: i64, %crc: i32):
    %more = vm.cmp.lt.i64.s %i, %n : i64
    vm.cond_br %more, ^byte, ^end
  ^byte:
    %b = vm.buffer.load.i8.u %text[%i] : !vm.buffer -> i32
    %mixed = vm.xor.i32 %crc, %b : i32
    vm.br ^bits(%c0, %mixed : i32, i32)
  ^bits(%k: i32, %v: i32):
    %low = vm.and.i32 %v, %c1 : i32
    %half = vm.shr.i32.u %v, %c1 : i32
    %flipped = vm.xor.i32 %half, %poly : i32
    %next = vm.select.i32 %low, %flipped, %half : i32
    %k1 = vm.add.i32 %k, %c1 : i32
    %again = vm.cmp.lt.i32.s %k1, %c8 : i32
    %j = vm.add.i64 %i, %i1 : i64
    vm.cond_br %again, ^bits(%k1, %next : i32, i32), ^bytes(%j, %next : i64, i32)
  ^end:
    %r = vm.not.i32 %crc : i32
    vm.return %r : i32
  }
}
