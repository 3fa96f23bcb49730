// --compile-mode=vm: buffers that go in and come out.
vm.module @buf {
  vm.export @same
  vm.func @same(%b: !vm.buffer) -> !vm.buffer { vm.return %b : !vm.buffer }
  vm.export @fill
  vm.func @fill(%b: !vm.buffer, %value: i32) -> !vm.buffer {
    %zero = vm.const.i64.zero
    %length = vm.buffer.length %b : !vm.buffer -> i64
    vm.buffer.fill.i8 %b, %zero, %length, %value : i32 -> !vm.buffer
    vm.return %b : !vm.buffer
  }
  vm.export @pair
  vm.func @pair(%b: !vm.buffer) -> (!vm.buffer, !vm.buffer) { vm.return %b, %b : !vm.buffer, !vm.buffer }
  vm.global.ref private mutable @kept : !vm.buffer
  vm.export @keep
  vm.func @keep(%b: !vm.buffer) { vm.global.store.ref %b, @kept : !vm.buffer  vm.return }
  vm.export @kept_one
  vm.func @kept_one() -> !vm.buffer { %b = vm.global.load.ref @kept : !vm.buffer  vm.return %b : !vm.buffer }
  vm.export @sum
  vm.func @sum(%b: !vm.buffer) -> i32 {
    %zero = vm.const.i64.zero
    %x = vm.buffer.load.i8.u %b[%zero] : !vm.buffer -> i32
    vm.return %x : i32
  }
}
