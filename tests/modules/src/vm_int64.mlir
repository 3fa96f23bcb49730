// flavours: vm
// call: @arithmetic i64=7 i64=-3
// call: @arithmetic i64=0x8000000000000000 i64=3
// call: @logic i64=0x0ff0123456789abc i64=0x5a5a5a5a5a5a5a5a
// call: @shifts i64=0x8765432112345678 i32=4
// call: @shifts i64=0x8765432112345678 i32=68
// call: @shifts i64=-1 i32=63
// call: @compare i64=-1 i64=1
// call: @compare i64=0x100000000 i64=0
// call: @extremes i64=-1 i64=1
// call: @bits i64=0
// call: @bits i64=0x8000000000000000
// call: @cast i32=-1
// call: @select i32=1 i64=0x1ffffffff i64=-2
// call: @select i32=0 i64=0x1ffffffff i64=-2
// call: @switch i32=1
// call: @switch i32=9
// call: @mul_high i64=0x123456789abcdef0 i64=0xfedcba9876543210

vm.module @int64 {
  vm.export @arithmetic
  vm.func @arithmetic(%a: i64, %b: i64) -> (i64, i64, i64, i64, i64, i64, i64, i64) {
    %0 = vm.add.i64 %a, %b : i64
    %1 = vm.sub.i64 %a, %b : i64
    %2 = vm.mul.i64 %a, %b : i64
    %3 = vm.div.i64.s %a, %b : i64
    %4 = vm.div.i64.u %a, %b : i64
    %5 = vm.rem.i64.s %a, %b : i64
    %6 = vm.rem.i64.u %a, %b : i64
    %7 = vm.fma.i64 %a, %b, %a : i64
    vm.return %0, %1, %2, %3, %4, %5, %6, %7 : i64, i64, i64, i64, i64, i64, i64, i64
  }
  vm.export @logic
  vm.func @logic(%a: i64, %b: i64) -> (i64, i64, i64, i64) {
    %0 = vm.and.i64 %a, %b : i64
    %1 = vm.or.i64 %a, %b : i64
    %2 = vm.xor.i64 %a, %b : i64
    %3 = vm.not.i64 %a : i64
    vm.return %0, %1, %2, %3 : i64, i64, i64, i64
  }
  vm.export @shifts
  vm.func @shifts(%a: i64, %n: i32) -> (i64, i64, i64) {
    %0 = vm.shl.i64 %a, %n : i64
    %1 = vm.shr.i64.s %a, %n : i64
    %2 = vm.shr.i64.u %a, %n : i64
    vm.return %0, %1, %2 : i64, i64, i64
  }
  vm.export @compare
  vm.func @compare(%a: i64, %b: i64) -> (i32, i32, i32, i32, i32) {
    %0 = vm.cmp.eq.i64 %a, %b : i64
    %1 = vm.cmp.ne.i64 %a, %b : i64
    %2 = vm.cmp.lt.i64.s %a, %b : i64
    %3 = vm.cmp.lt.i64.u %a, %b : i64
    %4 = vm.cmp.nz.i64 %a : i64
    vm.return %0, %1, %2, %3, %4 : i32, i32, i32, i32, i32
  }
  vm.export @extremes
  vm.func @extremes(%a: i64, %b: i64) -> (i64, i64, i64, i64) {
    %0 = vm.min.i64.s %a, %b : i64
    %1 = vm.min.i64.u %a, %b : i64
    %2 = vm.max.i64.s %a, %b : i64
    %3 = vm.max.i64.u %a, %b : i64
    vm.return %0, %1, %2, %3 : i64, i64, i64, i64
  }
  vm.export @bits
  vm.func @bits(%a: i64) -> (i64, i64, i32) {
    %0 = vm.ctlz.i64 %a : i64
    %1 = vm.abs.i64 %a : i64
    %2 = vm.trunc.i64.i32 %a : i64 -> i32
    vm.return %0, %1, %2 : i64, i64, i32
  }
  vm.export @cast
  vm.func @cast(%a: i32) -> (i64, i64) {
    %0 = vm.ext.i32.i64.s %a : i32 -> i64
    %1 = vm.ext.i32.i64.u %a : i32 -> i64
    vm.return %0, %1 : i64, i64
  }
  vm.export @select
  vm.func @select(%p: i32, %a: i64, %b: i64) -> i64 {
    %r = vm.select.i64 %p, %a, %b : i64
    vm.return %r : i64
  }
  vm.export @switch
  vm.func @switch(%i: i32) -> i64 {
    %a = vm.const.i64 100
    %b = vm.const.i64 -200
    %d = vm.const.i64 0x500000005
    %r = vm.switch.i64 %i[%a, %b] else %d : i64
    vm.return %r : i64
  }
  // The high word of an unsigned product, from four partial products.
  vm.export @mul_high
  vm.func @mul_high(%a: i64, %b: i64) -> i64 {
    %c32 = vm.const.i32 32
    %mask = vm.const.i64 4294967295
    %al = vm.and.i64 %a, %mask : i64
    %bl = vm.and.i64 %b, %mask : i64
    %ah = vm.shr.i64.u %a, %c32 : i64
    %bh = vm.shr.i64.u %b, %c32 : i64
    %ll = vm.mul.i64 %al, %bl : i64
    %lh = vm.mul.i64 %al, %bh : i64
    %hl = vm.mul.i64 %ah, %bl : i64
    %hh = vm.mul.i64 %ah, %bh : i64
    %ll_high = vm.shr.i64.u %ll, %c32 : i64
    %lh_low = vm.and.i64 %lh, %mask : i64
    %hl_low = vm.and.i64 %hl, %mask : i64
    %s0 = vm.add.i64 %ll_high, %lh_low : i64
    %s1 = vm.add.i64 %s0, %hl_low : i64
    %carry = vm.shr.i64.u %s1, %c32 : i64
    %lh_high = vm.shr.i64.u %lh, %c32 : i64
    %hl_high = vm.shr.i64.u %hl, %c32 : i64
    %t0 = vm.add.i64 %hh, %lh_high : i64
    %t1 = vm.add.i64 %t0, %hl_high : i64
    %t2 = vm.add.i64 %t1, %carry : i64
    vm.return %t2 : i64
  }
}
