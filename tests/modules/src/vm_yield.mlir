// flavours: vm
// no-run: a bare yield never resumes in the synchronous runner

vm.module @yield {
  vm.export @count_down
  vm.func @count_down(%n: i32) -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    vm.br ^loop(%n, %c0 : i32, i32)
  ^loop(%i: i32, %turns: i32):
    vm.cond_br %i, ^again, ^end
  ^again:
    %j = vm.sub.i32 %i, %c1 : i32
    %t = vm.add.i32 %turns, %c1 : i32
    vm.yield ^loop(%j, %t : i32, i32)
  ^end:
    vm.return %turns : i32
  }
}
