// flavours: vm
// call: @buffers
// call: @variants i32=42
// call: @empty_slot
// call: @value_as_ref
// call: @wrong_kind
// call: @nested
// call: @cycle

vm.module @ref_lists {
  vm.export @buffers
  vm.func @buffers() -> (i64, i32, i32) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c2 = vm.const.i32 2
    %n = vm.const.i64 24
    %b = vm.buffer.alloc %n, %c1 : !vm.buffer
    %list = vm.list.alloc %c2 : (i32) -> !vm.list<?>
    vm.list.resize %list, %c2 : (!vm.list<?>, i32)
    vm.list.set.ref %list, %c0, %b : (!vm.list<?>, i32, !vm.buffer)
    %x = vm.list.get.ref %list, %c0 : (!vm.list<?>, i32) -> !vm.buffer
    %y = vm.list.get.ref %list, %c1 : (!vm.list<?>, i32) -> !vm.buffer
    %len = vm.buffer.length %x : !vm.buffer -> i64
    %same = vm.cmp.eq.ref %x, %b : !vm.buffer
    %set = vm.cmp.nz.ref %y : !vm.buffer
    vm.return %len, %same, %set : i64, i32, i32
  }

  // A variant list holds numbers and refs at once.
  vm.export @variants
  vm.func @variants(%v: i32) -> (i32, i64, f32, i32) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c2 = vm.const.i32 2
    %c3 = vm.const.i32 3
    %c4 = vm.const.i32 4
    %n = vm.const.i64 8
    %wide = vm.const.i64 0x700000001
    %f = vm.const.f32 1.25
    %b = vm.buffer.alloc %n, %c1 : !vm.buffer
    %list = vm.list.alloc %c4 : (i32) -> !vm.list<?>
    vm.list.resize %list, %c4 : (!vm.list<?>, i32)
    vm.list.set.i32 %list, %c0, %v : (!vm.list<?>, i32, i32)
    vm.list.set.i64 %list, %c1, %wide : (!vm.list<?>, i32, i64)
    vm.list.set.f32 %list, %c2, %f : (!vm.list<?>, i32, f32)
    vm.list.set.ref %list, %c3, %b : (!vm.list<?>, i32, !vm.buffer)
    %p = vm.list.get.i32 %list, %c0 : (!vm.list<?>, i32) -> i32
    %q = vm.list.get.i64 %list, %c1 : (!vm.list<?>, i32) -> i64
    %r = vm.list.get.f32 %list, %c2 : (!vm.list<?>, i32) -> f32
    %s = vm.list.get.ref %list, %c3 : (!vm.list<?>, i32) -> !vm.buffer
    %same = vm.cmp.eq.ref %s, %b : !vm.buffer
    vm.return %p, %q, %r, %same : i32, i64, f32, i32
  }

  vm.export @empty_slot
  vm.func @empty_slot() -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %list = vm.list.alloc %c1 : (i32) -> !vm.list<?>
    vm.list.resize %list, %c1 : (!vm.list<?>, i32)
    %p = vm.list.get.i32 %list, %c0 : (!vm.list<?>, i32) -> i32
    vm.return %p : i32
  }

  vm.export @value_as_ref
  vm.func @value_as_ref() -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %list = vm.list.alloc %c1 : (i32) -> !vm.list<?>
    vm.list.resize %list, %c1 : (!vm.list<?>, i32)
    vm.list.set.i32 %list, %c0, %c1 : (!vm.list<?>, i32, i32)
    %p = vm.list.get.ref %list, %c0 : (!vm.list<?>, i32) -> !vm.buffer
    %q = vm.cmp.nz.ref %p : !vm.buffer
    vm.return %q : i32
  }

  // A ref of another type than the one asked for reads as null.
  vm.export @wrong_kind
  vm.func @wrong_kind() -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %inner = vm.list.alloc %c1 : (i32) -> !vm.list<i32>
    %list = vm.list.alloc %c1 : (i32) -> !vm.list<?>
    vm.list.resize %list, %c1 : (!vm.list<?>, i32)
    vm.list.set.ref %list, %c0, %inner : (!vm.list<?>, i32, !vm.list<i32>)
    %p = vm.list.get.ref %list, %c0 : (!vm.list<?>, i32) -> !vm.buffer
    %q = vm.cmp.nz.ref %p : !vm.buffer
    vm.return %q : i32
  }

  vm.export @nested
  vm.func @nested() -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c9 = vm.const.i32 9
    %inner = vm.list.alloc %c1 : (i32) -> !vm.list<i32>
    vm.list.resize %inner, %c1 : (!vm.list<i32>, i32)
    %outer = vm.list.alloc %c1 : (i32) -> !vm.list<?>
    vm.list.resize %outer, %c1 : (!vm.list<?>, i32)
    vm.list.set.ref %outer, %c0, %inner : (!vm.list<?>, i32, !vm.list<i32>)
    %again = vm.list.get.ref %outer, %c0 : (!vm.list<?>, i32) -> !vm.list<i32>
    vm.list.set.i32 %again, %c0, %c9 : (!vm.list<i32>, i32, i32)
    %p = vm.list.get.i32 %inner, %c0 : (!vm.list<i32>, i32) -> i32
    vm.return %p : i32
  }

  // Puts a list into another and takes it out again through a loop of refs.
  vm.export @cycle
  vm.func @cycle() -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c5 = vm.const.i32 5
    %a = vm.list.alloc %c1 : (i32) -> !vm.list<i32>
    %b = vm.list.alloc %c1 : (i32) -> !vm.list<i32>
    vm.list.resize %a, %c1 : (!vm.list<i32>, i32)
    vm.br ^loop(%c0, %a, %b : i32, !vm.list<i32>, !vm.list<i32>)
  ^loop(%i: i32, %x: !vm.list<i32>, %y: !vm.list<i32>):
    %i1 = vm.add.i32 %i, %c1 : i32
    %more = vm.cmp.lt.i32.s %i1, %c5 : i32
    vm.cond_br %more, ^loop(%i1, %y, %x : i32, !vm.list<i32>, !vm.list<i32>), ^end
  ^end:
    %p = vm.list.size %x : (!vm.list<i32>) -> i32
    %q = vm.list.size %y : (!vm.list<i32>) -> i32
    %r = vm.fma.i32 %p, %c5, %q : i32
    vm.return %r : i32
  }
}
