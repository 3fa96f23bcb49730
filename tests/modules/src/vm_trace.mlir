// flavours: vm
// call: @announce i32=3

vm.module @trace {
  vm.export @announce
  vm.func @announce(%x: i32) -> i32 {
    %c1 = vm.const.i32 1
    %n = vm.const.i64 2
    %b = vm.buffer.alloc %n, %c1 : !vm.buffer
    vm.trace "before"(%x, %b) : i32, !vm.buffer
    %y = vm.add.i32 %x, %c1 : i32
    vm.print "after"(%y) : i32
    vm.print "nothing \"quoted\" */ here"(%y, %x) : i32, i32
    vm.return %y : i32
  }
}
