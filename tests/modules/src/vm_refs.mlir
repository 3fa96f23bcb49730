// flavours: vm
// call: @pick i32=0
// call: @pick i32=1
// call: @switch i32=0
// call: @switch i32=2
// call: @switch i32=3
// call: @switch i32=-1
// call: @identity
// call: @through_loop i32=0
// call: @through_loop i32=5
// session: @keep i64=12 ; @kept_length ; @drop ; @kept_length
// call: @cast_wrong
// call: @cast_right

vm.module @refs {
  vm.rodata private @a dense<[1]> : tensor<1xi8>
  vm.rodata private @b dense<[1, 2]> : tensor<2xi8>
  vm.rodata private @c dense<[1, 2, 3]> : tensor<3xi8>
  vm.global.ref private mutable @kept : !vm.buffer

  vm.export @pick
  vm.func @pick(%p: i32) -> i64 {
    %a = vm.const.ref.rodata @a : !vm.buffer
    %b = vm.const.ref.rodata @b : !vm.buffer
    %r = vm.select.ref %p, %a, %b : !vm.buffer
    %n = vm.buffer.length %r : !vm.buffer -> i64
    vm.return %n : i64
  }

  vm.export @switch
  vm.func @switch(%i: i32) -> i64 {
    %a = vm.const.ref.rodata @a : !vm.buffer
    %b = vm.const.ref.rodata @b : !vm.buffer
    %c = vm.const.ref.rodata @c : !vm.buffer
    %r = vm.switch.ref %i[%c, %b, %a] else %c : !vm.buffer
    %n = vm.buffer.length %r : !vm.buffer -> i64
    vm.return %n : i64
  }

  vm.export @identity
  vm.func @identity() -> (i32, i32, i32, i32) {
    %c1 = vm.const.i32 1
    %n = vm.const.i64 4
    %null = vm.const.ref.zero : !vm.buffer
    %x = vm.buffer.alloc %n, %c1 : !vm.buffer
    %y = vm.buffer.alloc %n, %c1 : !vm.buffer
    %0 = vm.cmp.eq.ref %x, %y : !vm.buffer
    %1 = vm.cmp.ne.ref %x, %y : !vm.buffer
    %2 = vm.cmp.eq.ref %x, %x : !vm.buffer
    %3 = vm.cmp.eq.ref %x, %null : !vm.buffer
    vm.return %0, %1, %2, %3 : i32, i32, i32, i32
  }

  // Two refs change places on the back edge, the old one is dropped for a longer one.
  vm.export @through_loop
  vm.func @through_loop(%turns: i32) -> (i64, i64) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %i1 = vm.const.i64 1
    %i2 = vm.const.i64 2
    %x0 = vm.buffer.alloc %i1, %c1 : !vm.buffer
    %y0 = vm.buffer.alloc %i2, %c1 : !vm.buffer
    vm.br ^loop(%c0, %x0, %y0 : i32, !vm.buffer, !vm.buffer)
  ^loop(%i: i32, %x: !vm.buffer, %y: !vm.buffer):
    %more = vm.cmp.lt.i32.s %i, %turns : i32
    vm.cond_br %more, ^again, ^end
  ^again:
    %n = vm.buffer.length %x : !vm.buffer -> i64
    %m = vm.buffer.length %y : !vm.buffer -> i64
    %s = vm.add.i64 %n, %m : i64
    %z = vm.buffer.alloc %s, %c1 : !vm.buffer
    %j = vm.add.i32 %i, %c1 : i32
    vm.br ^loop(%j, %y, %z : i32, !vm.buffer, !vm.buffer)
  ^end:
    %p = vm.buffer.length %x : !vm.buffer -> i64
    %q = vm.buffer.length %y : !vm.buffer -> i64
    vm.return %p, %q : i64, i64
  }

  vm.export @keep
  vm.func @keep(%n: i64) {
    %c1 = vm.const.i32 1
    %x = vm.buffer.alloc %n, %c1 : !vm.buffer
    vm.global.store.ref %x, @kept : !vm.buffer
    vm.return
  }
  vm.export @kept_length
  vm.func @kept_length() -> i64 {
    %x = vm.global.load.ref @kept : !vm.buffer
    %n = vm.buffer.length %x : !vm.buffer -> i64
    vm.return %n : i64
  }
  vm.export @drop
  vm.func @drop() {
    %x = vm.const.ref.zero : !vm.buffer
    vm.global.store.ref %x, @kept : !vm.buffer
    vm.return
  }

  vm.export @cast_wrong
  vm.func @cast_wrong() -> i32 {
    %c1 = vm.const.i32 1
    %i4 = vm.const.i64 4
    %x = vm.buffer.alloc %i4, %c1 : !vm.buffer
    %any = vm.cast.ref.any %x : !vm.buffer -> !vm.ref<?>
    %hidden = vm.call @hide(%any) : (!vm.ref<?>) -> !vm.ref<?>
    %list = vm.cast.any.ref %hidden : !vm.ref<?> -> !vm.list<i32>
    %n = vm.list.size %list : (!vm.list<i32>) -> i32
    vm.return %n : i32
  }
  vm.export @cast_right
  vm.func @cast_right() -> i64 {
    %c1 = vm.const.i32 1
    %i4 = vm.const.i64 4
    %x = vm.buffer.alloc %i4, %c1 : !vm.buffer
    %any = vm.cast.ref.any %x : !vm.buffer -> !vm.ref<?>
    %hidden = vm.call @hide(%any) : (!vm.ref<?>) -> !vm.ref<?>
    %b = vm.cast.any.ref %hidden : !vm.ref<?> -> !vm.buffer
    %n = vm.buffer.length %b : !vm.buffer -> i64
    vm.return %n : i64
  }
  vm.func private @hide(%x: !vm.ref<?>) -> !vm.ref<?> attributes {inlining_policy = #util.inline.never} {
    vm.return %x : !vm.ref<?>
  }
}
