// flavours: vm
// call: @sorted_hash i32=1
// call: @sorted_hash i32=16
// call: @sorted_hash i32=50

// Insertion sort of pseudo-random words in a buffer, then an order-dependent digest.
vm.module @word_sort {
  vm.export @sorted_hash
  vm.func @sorted_hash(%n: i32) -> (i32, i64) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c4 = vm.const.i32 4
    %a = vm.const.i32 1664525
    %c = vm.const.i32 1013904223
    %i0 = vm.const.i64 0
    %count = vm.ext.i32.i64.s %n : i32 -> i64
    %four = vm.const.i64 4
    %bytes = vm.mul.i64 %count, %four : i64
    %b = vm.buffer.alloc %bytes, %c4 : !vm.buffer
    vm.br ^insert(%c0, %c1 : i32, i32)
  ^insert(%i: i32, %seed: i32):
    %more = vm.cmp.lt.i32.s %i, %n : i32
    vm.cond_br %more, ^new, ^digest
  ^new:
    %next = vm.fma.i32 %seed, %a, %c : i32
    vm.br ^shift(%i : i32)
  ^shift(%j: i32):
    %at_start = vm.cmp.eq.i32 %j, %c0 : i32
    %j64 = vm.ext.i32.i64.s %j : i32 -> i64
    vm.cond_br %at_start, ^place, ^look
  ^look:
    %k = vm.sub.i32 %j, %c1 : i32
    %k64 = vm.ext.i32.i64.s %k : i32 -> i64
    %v = vm.buffer.load.i32 %b[%k64] : !vm.buffer -> i32
    %bigger = vm.cmp.lt.i32.s %next, %v : i32
    vm.cond_br %bigger, ^move, ^place
  ^move:
    vm.buffer.store.i32 %v, %b[%j64] : i32 -> !vm.buffer
    vm.br ^shift(%k : i32)
  ^place:
    vm.buffer.store.i32 %next, %b[%j64] : i32 -> !vm.buffer
    %i1 = vm.add.i32 %i, %c1 : i32
    vm.br ^insert(%i1, %next : i32, i32)
  ^digest:
    %first = vm.buffer.load.i32 %b[%i0] : !vm.buffer -> i32
    %h = vm.buffer.hash %b, %i0, %bytes : !vm.buffer -> i64
    vm.return %first, %h : i32, i64
  }
}
