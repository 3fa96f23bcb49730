// flavours: vm
// call: @two_entries i32=1 i32=10
// call: @two_entries i32=0 i32=10
// call: @swap_loop i32=0 i32=3 i32=4
// call: @swap_loop i32=5 i32=3 i32=4
// call: @rotate_loop i32=4 i64=1 i64=2 i64=3
// call: @table i32=0
// call: @table i32=1
// call: @table i32=2
// call: @table i32=3
// call: @table i32=-1
// call: @table_loop i32=17
// call: @break_continue i32=100
// call: @diamond_chain i32=6
// call: @same_target i32=1 i32=7 i32=9
// call: @same_target i32=0 i32=7 i32=9

vm.module @control_flow {
  // A loop entered in the middle from one side and at the top from the other.
  vm.export @two_entries
  vm.func @two_entries(%side: i32, %n: i32) -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c3 = vm.const.i32 3
    vm.cond_br %side, ^top(%c0, %c0 : i32, i32), ^middle(%c3, %c1 : i32, i32)
  ^top(%i: i32, %s: i32):
    %s1 = vm.add.i32 %s, %i : i32
    vm.br ^middle(%i, %s1 : i32, i32)
  ^middle(%j: i32, %t: i32):
    %j1 = vm.add.i32 %j, %c1 : i32
    %t1 = vm.mul.i32 %t, %c3 : i32
    %more = vm.cmp.lt.i32.s %j1, %n : i32
    vm.cond_br %more, ^top(%j1, %t1 : i32, i32), ^end(%t1 : i32)
  ^end(%r: i32):
    vm.return %r : i32
  }

  vm.export @swap_loop
  vm.func @swap_loop(%n: i32, %a: i32, %b: i32) -> (i32, i32) {
    %c1 = vm.const.i32 1
    vm.br ^loop(%n, %a, %b : i32, i32, i32)
  ^loop(%i: i32, %x: i32, %y: i32):
    vm.cond_br %i, ^again, ^end
  ^again:
    %i1 = vm.sub.i32 %i, %c1 : i32
    vm.br ^loop(%i1, %y, %x : i32, i32, i32)
  ^end:
    vm.return %x, %y : i32, i32
  }

  // Three 64-bit values rotate: six words move on the edge.
  vm.export @rotate_loop
  vm.func @rotate_loop(%n: i32, %a: i64, %b: i64, %c: i64) -> (i64, i64, i64) {
    %c1 = vm.const.i32 1
    vm.br ^loop(%n, %a, %b, %c : i32, i64, i64, i64)
  ^loop(%i: i32, %x: i64, %y: i64, %z: i64):
    vm.cond_br %i, ^again, ^end
  ^again:
    %i1 = vm.sub.i32 %i, %c1 : i32
    %s = vm.add.i64 %x, %z : i64
    vm.br ^loop(%i1, %y, %s, %x : i32, i64, i64, i64)
  ^end:
    vm.return %x, %y, %z : i64, i64, i64
  }

  vm.export @table
  vm.func @table(%i: i32) -> i32 {
    %c10 = vm.const.i32 10
    %c20 = vm.const.i32 20
    %c30 = vm.const.i32 30
    %c99 = vm.const.i32 99
    vm.br_table %i {
      default: ^end(%c99 : i32),
      0: ^end(%c10 : i32),
      1: ^twice(%c20 : i32),
      2: ^twice(%c30 : i32)
    }
  ^twice(%x: i32):
    %y = vm.add.i32 %x, %x : i32
    vm.br ^end(%y : i32)
  ^end(%r: i32):
    vm.return %r : i32
  }

  vm.export @table_loop
  vm.func @table_loop(%n: i32) -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c2 = vm.const.i32 2
    %c3 = vm.const.i32 3
    %c4 = vm.const.i32 4
    vm.br ^loop(%c0, %c1 : i32, i32)
  ^loop(%i: i32, %v: i32):
    %i1 = vm.add.i32 %i, %c1 : i32
    %more = vm.cmp.lt.i32.s %i, %n : i32
    vm.cond_br %more, ^choose, ^end
  ^choose:
    %k = vm.rem.i32.u %i, %c4 : i32
    vm.br_table %k {
      default: ^loop(%i1, %v : i32, i32),
      0: ^add,
      1: ^double,
      2: ^xor
    }
  ^add:
    %a = vm.add.i32 %v, %c3 : i32
    vm.br ^loop(%i1, %a : i32, i32)
  ^double:
    %d = vm.mul.i32 %v, %c2 : i32
    vm.br ^loop(%i1, %d : i32, i32)
  ^xor:
    %x = vm.xor.i32 %v, %i : i32
    vm.br ^loop(%i1, %x : i32, i32)
  ^end:
    vm.return %v : i32
  }

  // Sums odd numbers and stops as soon as the sum passes n.
  vm.export @break_continue
  vm.func @break_continue(%n: i32) -> (i32, i32) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    vm.br ^loop(%c0, %c0 : i32, i32)
  ^loop(%i: i32, %s: i32):
    %i1 = vm.add.i32 %i, %c1 : i32
    %odd = vm.and.i32 %i, %c1 : i32
    vm.cond_br %odd, ^add, ^loop(%i1, %s : i32, i32)
  ^add:
    %t = vm.add.i32 %s, %i : i32
    %over = vm.cmp.lt.i32.s %n, %t : i32
    vm.cond_br %over, ^end, ^loop(%i1, %t : i32, i32)
  ^end:
    vm.return %i, %t : i32, i32
  }

  vm.export @diamond_chain
  vm.func @diamond_chain(%x: i32) -> i32 {
    %c1 = vm.const.i32 1
    %c2 = vm.const.i32 2
    %c4 = vm.const.i32 4
    %b0 = vm.and.i32 %x, %c1 : i32
    vm.cond_br %b0, ^a(%c1 : i32), ^a(%c2 : i32)
  ^a(%p: i32):
    %b1 = vm.and.i32 %x, %c2 : i32
    %q1 = vm.mul.i32 %p, %x : i32
    vm.cond_br %b1, ^b(%q1 : i32), ^b(%p : i32)
  ^b(%q: i32):
    %b2 = vm.and.i32 %x, %c4 : i32
    vm.cond_br %b2, ^c, ^d
  ^c:
    %r1 = vm.add.i32 %q, %p : i32
    vm.return %r1 : i32
  ^d:
    %r2 = vm.sub.i32 %q, %p : i32
    vm.return %r2 : i32
  }

  vm.export @same_target
  vm.func @same_target(%p: i32, %a: i32, %b: i32) -> i32 {
    vm.cond_br %p, ^end(%a, %b : i32, i32), ^end(%b, %a : i32, i32)
  ^end(%x: i32, %y: i32):
    %c3 = vm.const.i32 3
    %r = vm.fma.i32 %x, %c3, %y : i32
    vm.return %r : i32
  }
}
