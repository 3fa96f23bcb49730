// flavours: vm
// session: @set i32=0 i32=5 ; @set i32=1 i32=6 ; @get i32=0 ; @get i32=1
// session: @address_of_second

vm.module @global_indirect {
  vm.global.i32 private mutable @first = 1 : i32
  vm.global.i32 private mutable @second = 2 : i32
  vm.export @set
  vm.func @set(%which: i32, %x: i32) {
    %p = vm.global.address @first : !util.ptr<i32>
    %q = vm.global.address @second : !util.ptr<i32>
    vm.cond_br %which, ^b, ^a
  ^a:
    vm.global.store.indirect.i32 %x, %p : i32 -> !util.ptr<i32>
    vm.return
  ^b:
    vm.global.store.indirect.i32 %x, %q : i32 -> !util.ptr<i32>
    vm.return
  }
  vm.export @get
  vm.func @get(%which: i32) -> i32 {
    %p = vm.global.address @first : !util.ptr<i32>
    %q = vm.global.address @second : !util.ptr<i32>
    vm.cond_br %which, ^b, ^a
  ^a:
    %x = vm.global.load.indirect.i32 %p : !util.ptr<i32> -> i32
    vm.return %x : i32
  ^b:
    %y = vm.global.load.indirect.i32 %q : !util.ptr<i32> -> i32
    vm.return %y : i32
  }
  vm.export @address_of_second
  vm.func @address_of_second() -> i32 {
    %q = vm.global.address @second : !util.ptr<i32>
    %y = vm.global.load.indirect.i32 %q : !util.ptr<i32> -> i32
    vm.return %y : i32
  }
}
