// flavours: vm
// call: @arithmetic i32=7 i32=-3
// call: @arithmetic i32=0x80000000 i32=3
// call: @logic i32=0x0ff01234 i32=0x5a5a5a5a
// call: @shifts i32=0x87654321 i32=4
// call: @shifts i32=0x87654321 i32=36
// call: @shifts i32=-1 i32=0
// call: @compare i32=-1 i32=1
// call: @compare i32=4 i32=4
// call: @extremes i32=-1 i32=1
// call: @bits i32=0
// call: @bits i32=0x00800000
// call: @bits i32=-128
// call: @switch i32=0
// call: @switch i32=1
// call: @switch i32=2
// call: @switch i32=-5

vm.module @int32 {
  vm.export @arithmetic
  vm.func @arithmetic(%a: i32, %b: i32) -> (i32, i32, i32, i32, i32, i32, i32, i32) {
    %0 = vm.add.i32 %a, %b : i32
    %1 = vm.sub.i32 %a, %b : i32
    %2 = vm.mul.i32 %a, %b : i32
    %3 = vm.div.i32.s %a, %b : i32
    %4 = vm.div.i32.u %a, %b : i32
    %5 = vm.rem.i32.s %a, %b : i32
    %6 = vm.rem.i32.u %a, %b : i32
    %7 = vm.fma.i32 %a, %b, %a : i32
    vm.return %0, %1, %2, %3, %4, %5, %6, %7 : i32, i32, i32, i32, i32, i32, i32, i32
  }
  vm.export @logic
  vm.func @logic(%a: i32, %b: i32) -> (i32, i32, i32, i32) {
    %0 = vm.and.i32 %a, %b : i32
    %1 = vm.or.i32 %a, %b : i32
    %2 = vm.xor.i32 %a, %b : i32
    %3 = vm.not.i32 %a : i32
    vm.return %0, %1, %2, %3 : i32, i32, i32, i32
  }
  vm.export @shifts
  vm.func @shifts(%a: i32, %n: i32) -> (i32, i32, i32) {
    %0 = vm.shl.i32 %a, %n : i32
    %1 = vm.shr.i32.s %a, %n : i32
    %2 = vm.shr.i32.u %a, %n : i32
    vm.return %0, %1, %2 : i32, i32, i32
  }
  vm.export @compare
  vm.func @compare(%a: i32, %b: i32) -> (i32, i32, i32, i32, i32, i32, i32) {
    %0 = vm.cmp.eq.i32 %a, %b : i32
    %1 = vm.cmp.ne.i32 %a, %b : i32
    %2 = vm.cmp.lt.i32.s %a, %b : i32
    %3 = vm.cmp.lt.i32.u %a, %b : i32
    %4 = vm.cmp.gte.i32.s %a, %b : i32
    %5 = vm.cmp.lte.i32.u %a, %b : i32
    %6 = vm.cmp.nz.i32 %a : i32
    vm.return %0, %1, %2, %3, %4, %5, %6 : i32, i32, i32, i32, i32, i32, i32
  }
  vm.export @extremes
  vm.func @extremes(%a: i32, %b: i32) -> (i32, i32, i32, i32) {
    %0 = vm.min.i32.s %a, %b : i32
    %1 = vm.min.i32.u %a, %b : i32
    %2 = vm.max.i32.s %a, %b : i32
    %3 = vm.max.i32.u %a, %b : i32
    vm.return %0, %1, %2, %3 : i32, i32, i32, i32
  }
  vm.export @bits
  vm.func @bits(%a: i32) -> (i32, i32, i32, i32, i32, i32) {
    %0 = vm.ctlz.i32 %a : i32
    %1 = vm.abs.i32 %a : i32
    %2 = vm.trunc.i32.i8 %a : i32 -> i32
    %3 = vm.trunc.i32.i16 %a : i32 -> i32
    %4 = vm.ext.i8.i32.s %a : i32 -> i32
    %5 = vm.ext.i16.i32.s %a : i32 -> i32
    vm.return %0, %1, %2, %3, %4, %5 : i32, i32, i32, i32, i32, i32
  }
  vm.export @switch
  vm.func @switch(%i: i32) -> i32 {
    %a = vm.const.i32 100
    %b = vm.const.i32 200
    %d = vm.const.i32 5
    %r = vm.switch.i32 %i[%a, %b] else %d : i32
    vm.return %r : i32
  }
}
