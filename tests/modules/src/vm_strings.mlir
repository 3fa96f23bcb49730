// flavours: vm
// call: @find i32=115
// call: @find i32=33
// call: @is_greeting i32=0
// call: @is_greeting i32=1
// call: @palindrome

vm.module @strings {
  vm.rodata private @haystack "this string is searched"
  vm.rodata private @level "level"
  vm.rodata private @greeting "hello, world"

  // Position of a byte, -1 if there is none.
  vm.export @find
  vm.func @find(%byte: i32) -> i64 {
    %i0 = vm.const.i64 0
    %i1 = vm.const.i64 1
    %none = vm.const.i64 -1
    %s = vm.const.ref.rodata @haystack : !vm.buffer
    %n = vm.buffer.length %s : !vm.buffer -> i64
    vm.br ^loop(%i0 : i64)
  ^loop(%i: i64):
    %more = vm.cmp.lt.i64.u %i, %n : i64
    vm.cond_br %more, ^look, ^end(%none : i64)
  ^look:
    %b = vm.buffer.load.i8.u %s[%i] : !vm.buffer -> i32
    %hit = vm.cmp.eq.i32 %b, %byte : i32
    %j = vm.add.i64 %i, %i1 : i64
    vm.cond_br %hit, ^end(%i : i64), ^loop(%j : i64)
  ^end(%r: i64):
    vm.return %r : i64
  }

  vm.export @is_greeting
  vm.func @is_greeting(%which: i32) -> i32 {
    %i0 = vm.const.i64 0
    %a = vm.const.ref.rodata @greeting : !vm.buffer
    %level = vm.const.ref.rodata @level : !vm.buffer
    %b = vm.select.ref %which, %a, %level : !vm.buffer
    %n = vm.buffer.length %b : !vm.buffer -> i64
    %r = vm.buffer.compare %a, %i0, %b, %i0, %n : !vm.buffer, !vm.buffer
    vm.return %r : i32
  }

  vm.export @palindrome
  vm.func @palindrome() -> i32 {
    %i0 = vm.const.i64 0
    %i1 = vm.const.i64 1
    %s = vm.const.ref.rodata @level : !vm.buffer
    %n = vm.buffer.length %s : !vm.buffer -> i64
    %last = vm.sub.i64 %n, %i1 : i64
    vm.br ^loop(%i0, %last : i64, i64)
  ^loop(%i: i64, %j: i64):
    %more = vm.cmp.lt.i64.s %i, %j : i64
    %yes = vm.const.i32 1
    vm.cond_br %more, ^look, ^end(%yes : i32)
  ^look:
    %a = vm.buffer.load.i8.u %s[%i] : !vm.buffer -> i32
    %b = vm.buffer.load.i8.u %s[%j] : !vm.buffer -> i32
    %no = vm.const.i32 0
    %i2 = vm.add.i64 %i, %i1 : i64
    %j2 = vm.sub.i64 %j, %i1 : i64
    %same = vm.cmp.eq.i32 %a, %b : i32
    vm.cond_br %same, ^loop(%i2, %j2 : i64, i64), ^end(%no : i32)
  ^end(%r: i32):
    vm.return %r : i32
  }
}
