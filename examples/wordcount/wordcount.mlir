// Counts the words of a text. Words are kept as buffers in a list that can hold any ref, their counts in a list of
// numbers beside it; both lists are globals, so that the other functions can be asked about the last count.
//   @count() -> (words, distinct words)      counts the text from the beginning
//   @times(i) -> times                       how often the i-th distinct word occurs
//   @length(i) -> bytes                      the length of the i-th distinct word
//   @byte(i, j) -> byte                      its j-th byte
//   @most_frequent() -> i                    the word that occurs most often, the first of several
vm.module @wordcount {
  vm.rodata private @text "the quick brown fox jumps over the lazy dog while the dog dreams of the fox and of the quick jumps of a cat over the wall"
  vm.global.ref private mutable @words : !vm.list<?>
  vm.global.ref private mutable @counts : !vm.list<i32>

  vm.export @count
  vm.func @count() -> (i32, i32) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %i0 = vm.const.i64 0
    %i1 = vm.const.i64 1
    %space = vm.const.i32 32
    %words = vm.list.alloc %c0 : (i32) -> !vm.list<?>
    %counts = vm.list.alloc %c0 : (i32) -> !vm.list<i32>
    vm.global.store.ref %words, @words : !vm.list<?>
    vm.global.store.ref %counts, @counts : !vm.list<i32>
    %text = vm.const.ref.rodata @text : !vm.buffer
    %end = vm.buffer.length %text : !vm.buffer -> i64
    vm.br ^scan(%i0, %i0, %c0 : i64, i64, i32)
  ^scan(%start: i64, %at: i64, %total: i32):
    %inside = vm.cmp.lt.i64.s %at, %end : i64
    vm.cond_br %inside, ^look, ^word_end(%c0 : i32)
  ^look:
    %b = vm.buffer.load.i8.u %text[%at] : !vm.buffer -> i32
    %gap = vm.cmp.eq.i32 %b, %space : i32
    %next = vm.add.i64 %at, %i1 : i64
    vm.cond_br %gap, ^word_end(%c1 : i32), ^scan(%start, %next, %total : i64, i64, i32)
  ^word_end(%more: i32):
    %after = vm.add.i64 %at, %i1 : i64
    %empty = vm.cmp.eq.i64 %start, %at : i64
    vm.cond_br %empty, ^go_on(%total : i32), ^add
  ^add:
    %len = vm.sub.i64 %at, %start : i64
    %word = vm.buffer.clone %text, %start, %len, %c1 : !vm.buffer -> !vm.buffer
    vm.call @add(%word) : (!vm.buffer) -> ()
    %total1 = vm.add.i32 %total, %c1 : i32
    vm.br ^go_on(%total1 : i32)
  ^go_on(%sum: i32):
    vm.cond_br %more, ^scan(%after, %after, %sum : i64, i64, i32), ^done
  ^done:
    %distinct = vm.list.size %words : (!vm.list<?>) -> i32
    vm.return %sum, %distinct : i32, i32
  }

  // Counts one word: looks it up among the known ones, or appends it.
  vm.func private @add(%word: !vm.buffer) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %words = vm.global.load.ref @words : !vm.list<?>
    %counts = vm.global.load.ref @counts : !vm.list<i32>
    %n = vm.list.size %words : (!vm.list<?>) -> i32
    vm.br ^search(%c0 : i32)
  ^search(%i: i32):
    %known = vm.cmp.lt.i32.s %i, %n : i32
    vm.cond_br %known, ^compare, ^append
  ^compare:
    %other = vm.list.get.ref %words, %i : (!vm.list<?>, i32) -> !vm.buffer
    %same = vm.call @equal(%word, %other) : (!vm.buffer, !vm.buffer) -> i32
    %i1 = vm.add.i32 %i, %c1 : i32
    vm.cond_br %same, ^found, ^search(%i1 : i32)
  ^found:
    %old = vm.list.get.i32 %counts, %i : (!vm.list<i32>, i32) -> i32
    %new = vm.add.i32 %old, %c1 : i32
    vm.list.set.i32 %counts, %i, %new : (!vm.list<i32>, i32, i32)
    vm.return
  ^append:
    %size = vm.add.i32 %n, %c1 : i32
    vm.list.resize %words, %size : (!vm.list<?>, i32)
    vm.list.resize %counts, %size : (!vm.list<i32>, i32)
    vm.list.set.ref %words, %n, %word : (!vm.list<?>, i32, !vm.buffer)
    vm.list.set.i32 %counts, %n, %c1 : (!vm.list<i32>, i32, i32)
    vm.return
  }

  vm.func private @equal(%a: !vm.buffer, %b: !vm.buffer) -> i32 {
    %i0 = vm.const.i64 0
    %c0 = vm.const.i32 0
    %n = vm.buffer.length %a : !vm.buffer -> i64
    %m = vm.buffer.length %b : !vm.buffer -> i64
    %as_long = vm.cmp.eq.i64 %n, %m : i64
    vm.cond_br %as_long, ^compare, ^end(%c0 : i32)
  ^compare:
    %same = vm.buffer.compare %a, %i0, %b, %i0, %n : !vm.buffer, !vm.buffer
    vm.br ^end(%same : i32)
  ^end(%r: i32):
    vm.return %r : i32
  }

  vm.export @times
  vm.func @times(%i: i32) -> i32 {
    %counts = vm.global.load.ref @counts : !vm.list<i32>
    %r = vm.list.get.i32 %counts, %i : (!vm.list<i32>, i32) -> i32
    vm.return %r : i32
  }

  vm.export @length
  vm.func @length(%i: i32) -> i64 {
    %words = vm.global.load.ref @words : !vm.list<?>
    %word = vm.list.get.ref %words, %i : (!vm.list<?>, i32) -> !vm.buffer
    %r = vm.buffer.length %word : !vm.buffer -> i64
    vm.return %r : i64
  }

  vm.export @byte
  vm.func @byte(%i: i32, %j: i32) -> i32 {
    %words = vm.global.load.ref @words : !vm.list<?>
    %word = vm.list.get.ref %words, %i : (!vm.list<?>, i32) -> !vm.buffer
    %at = vm.ext.i32.i64.s %j : i32 -> i64
    %r = vm.buffer.load.i8.u %word[%at] : !vm.buffer -> i32
    vm.return %r : i32
  }

  vm.export @most_frequent
  vm.func @most_frequent() -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %counts = vm.global.load.ref @counts : !vm.list<i32>
    %n = vm.list.size %counts : (!vm.list<i32>) -> i32
    vm.br ^loop(%c0, %c0, %c0 : i32, i32, i32)
  ^loop(%i: i32, %best: i32, %most: i32):
    %more = vm.cmp.lt.i32.s %i, %n : i32
    vm.cond_br %more, ^look, ^end
  ^look:
    %v = vm.list.get.i32 %counts, %i : (!vm.list<i32>, i32) -> i32
    %larger = vm.cmp.lt.i32.s %most, %v : i32
    %best1 = vm.select.i32 %larger, %i, %best : i32
    %most1 = vm.max.i32.s %most, %v : i32
    %i1 = vm.add.i32 %i, %c1 : i32
    vm.br ^loop(%i1, %best1, %most1 : i32, i32, i32)
  ^end:
    vm.return %best : i32
  }
}
