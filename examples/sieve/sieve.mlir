// How many primes are below n: multiples are struck out in a buffer of bytes, every access is bounds-checked.
vm.module @sieve {
  vm.export @count
  vm.func @count(%n: i32) -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c2 = vm.const.i32 2
    %align = vm.const.i32 16
    %tiny = vm.cmp.lt.i32.s %n, %c2 : i32
    vm.cond_br %tiny, ^none, ^make
  ^none:
    vm.return %c0 : i32
  ^make:
    %n64 = vm.ext.i32.i64.s %n : i32 -> i64
    %marks = vm.buffer.alloc %n64, %align : !vm.buffer
    vm.br ^outer(%c2, %c0 : i32, i32)
  ^outer(%i: i32, %found: i32):
    %more = vm.cmp.lt.i32.s %i, %n : i32
    vm.cond_br %more, ^look, ^done(%found : i32)
  ^look:
    %at = vm.ext.i32.i64.s %i : i32 -> i64
    %mark = vm.buffer.load.i8.u %marks[%at] : !vm.buffer -> i32
    %i1 = vm.add.i32 %i, %c1 : i32
    vm.cond_br %mark, ^outer(%i1, %found : i32, i32), ^prime
  ^prime:
    %found1 = vm.add.i32 %found, %c1 : i32
    %wide = vm.ext.i32.i64.s %i : i32 -> i64
    %square = vm.mul.i64 %wide, %wide : i64
    vm.br ^strike(%square : i64)
  ^strike(%j: i64):
    %inside = vm.cmp.lt.i64.s %j, %n64 : i64
    vm.cond_br %inside, ^store, ^outer(%i1, %found1 : i32, i32)
  ^store:
    vm.buffer.store.i8 %c1, %marks[%j] : i32 -> !vm.buffer
    %j1 = vm.add.i64 %j, %wide : i64
    vm.br ^strike(%j1 : i64)
  ^done(%r: i32):
    vm.return %r : i32
  }
}
