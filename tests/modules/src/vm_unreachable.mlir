// flavours: vm
// call: @f i32=3
// call: @constant_branch

vm.module @unreachable {
  vm.export @f
  vm.func @f(%x: i32) -> i32 {
    vm.br ^used(%x : i32)
  ^orphan(%a: i32):
    %b = vm.mul.i32 %a, %a : i32
    vm.br ^used(%b : i32)
  ^used(%r: i32):
    vm.return %r : i32
  }
  vm.export @constant_branch
  vm.func @constant_branch() -> i32 {
    %c0 = vm.const.i32 0
    %c5 = vm.const.i32 5
    %c6 = vm.const.i32 6
    vm.cond_br %c0, ^a, ^b
  ^a:
    vm.return %c5 : i32
  ^b:
    vm.return %c6 : i32
  }
}
