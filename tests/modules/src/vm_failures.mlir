// flavours: vm
// call: @fail_with i32=0
// call: @fail_with i32=1
// call: @fail_with i32=5
// call: @fail_with i32=14
// call: @unless i32=0
// call: @unless i32=3
// call: @check_equal i32=2 i32=2
// call: @check_equal i32=2 i32=3
// call: @releases i32=1

vm.module @failures {
  vm.export @fail_with
  vm.func @fail_with(%code: i32) -> i32 {
    %c7 = vm.const.i32 7
    vm.cond_br %code, ^bad, ^good
  ^bad:
    vm.fail %code, "asked to fail"
  ^good:
    vm.return %c7 : i32
  }
  vm.export @unless
  vm.func @unless(%x: i32) -> i32 {
    %code = vm.const.i32 6
    vm.cond_fail %x, %code, "x must be zero"
    %c1 = vm.const.i32 1
    vm.return %c1 : i32
  }
  vm.export @check_equal
  vm.func @check_equal(%a: i32, %b: i32) {
    vm.check.eq %a, %b, "a and b differ" : i32
    vm.return
  }
  // Fails while it holds buffers and lists.
  vm.export @releases
  vm.func @releases(%x: i32) -> i64 {
    %c1 = vm.const.i32 1
    %n = vm.const.i64 100
    %b = vm.buffer.alloc %n, %c1 : !vm.buffer
    %list = vm.list.alloc %c1 : (i32) -> !vm.list<?>
    vm.list.resize %list, %c1 : (!vm.list<?>, i32)
    vm.list.set.ref %list, %x, %b : (!vm.list<?>, i32, !vm.buffer)
    %m = vm.buffer.length %b : !vm.buffer -> i64
    vm.return %m : i64
  }
}
