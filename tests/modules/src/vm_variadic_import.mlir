// flavours: vm
// no-run: the imports are not provided by any runtime

// Variadic calls with zero, one and two repetitions, of plain items and of pairs.
vm.module @variadic_import {
  vm.import private @host.sum(%first: i32, %rest: i64 ...) -> i64
  vm.import private @host.pairs(%pairs: tuple<i32, f32> ..., %last: !vm.buffer) -> i32

  vm.export @sums
  vm.func @sums(%a: i32, %x: i64, %y: i64) -> i64 {
    %0 = vm.call.variadic @host.sum(%a, []) : (i32, i64 ...) -> i64
    %1 = vm.call.variadic @host.sum(%a, [%x]) : (i32, i64 ...) -> i64
    %2 = vm.call.variadic @host.sum(%a, [%x, %y]) : (i32, i64 ...) -> i64
    %3 = vm.add.i64 %0, %1 : i64
    %4 = vm.add.i64 %3, %2 : i64
    vm.return %4 : i64
  }
  vm.export @pairs
  vm.func @pairs(%a: i32, %x: f32) -> i32 {
    %null = vm.const.ref.zero : !vm.buffer
    %0 = vm.call.variadic @host.pairs([(%a, %x), (%a, %x)], %null) : (tuple<i32, f32> ..., !vm.buffer) -> i32
    vm.return %0 : i32
  }
}
