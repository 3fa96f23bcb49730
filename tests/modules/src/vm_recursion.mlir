// flavours: vm
// not-for: 3.13.0
// Compilers from 3.11 on never finish on a recursive function: vm_recursion_asm.vmasm is for them.
// call: @factorial i32=0
// call: @factorial i32=12
// call: @ackermann i32=2 i32=3
// call: @deep i32=4
// call: @is_even i32=7
// call: @is_even i32=10
// call: @hanoi i32=10
// call: @binomial i32=10 i32=4

vm.module @recursion {
  vm.export @factorial
  vm.func @factorial(%n: i32) -> i32 {
    %c1 = vm.const.i32 1
    %more = vm.cmp.lt.i32.s %c1, %n : i32
    vm.cond_br %more, ^again, ^base
  ^again:
    %m = vm.sub.i32 %n, %c1 : i32
    %f = vm.call @factorial(%m) : (i32) -> i32
    %r = vm.mul.i32 %f, %n : i32
    vm.return %r : i32
  ^base:
    vm.return %c1 : i32
  }

  vm.export @deep
  vm.func @deep(%n: i32) -> i32 {
    %c1 = vm.const.i32 1
    vm.cond_br %n, ^more, ^bottom
  ^more:
    %m = vm.sub.i32 %n, %c1 : i32
    %r = vm.call @deep(%m) : (i32) -> i32
    %s = vm.add.i32 %r, %n : i32
    vm.return %s : i32
  ^bottom:
    %code = vm.const.i32 15
    vm.fail %code, "at the bottom"
  }

  vm.export @ackermann
  vm.func @ackermann(%m: i32, %n: i32) -> i32 {
    %c1 = vm.const.i32 1
    vm.cond_br %m, ^m_positive, ^m_zero
  ^m_zero:
    %n1 = vm.add.i32 %n, %c1 : i32
    vm.return %n1 : i32
  ^m_positive:
    %m1 = vm.sub.i32 %m, %c1 : i32
    vm.cond_br %n, ^both, ^n_zero
  ^n_zero:
    %a = vm.call @ackermann(%m1, %c1) : (i32, i32) -> i32
    vm.return %a : i32
  ^both:
    %less = vm.sub.i32 %n, %c1 : i32
    %inner = vm.call @ackermann(%m, %less) : (i32, i32) -> i32
    %b = vm.call @ackermann(%m1, %inner) : (i32, i32) -> i32
    vm.return %b : i32
  }

  vm.export @is_even
  vm.func @is_even(%n: i32) -> i32 {
    %c1 = vm.const.i32 1
    vm.cond_br %n, ^more, ^yes
  ^yes:
    vm.return %c1 : i32
  ^more:
    %m = vm.sub.i32 %n, %c1 : i32
    %r = vm.call @is_odd(%m) : (i32) -> i32
    vm.return %r : i32
  }
  vm.func private @is_odd(%n: i32) -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    vm.cond_br %n, ^more, ^no
  ^no:
    vm.return %c0 : i32
  ^more:
    %m = vm.sub.i32 %n, %c1 : i32
    %r = vm.call @is_even(%m) : (i32) -> i32
    vm.return %r : i32
  }

  vm.export @hanoi
  vm.func @hanoi(%n: i32) -> i32 {
    %c1 = vm.const.i32 1
    %c2 = vm.const.i32 2
    %c3 = vm.const.i32 3
    %r = vm.call @move(%n, %c1, %c3, %c2) : (i32, i32, i32, i32) -> i32
    vm.return %r : i32
  }
  vm.func private @move(%n: i32, %from: i32, %to: i32, %by: i32) -> i32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c5 = vm.const.i32 5
    vm.cond_br %n, ^more, ^none
  ^none:
    vm.return %c0 : i32
  ^more:
    %m = vm.sub.i32 %n, %c1 : i32
    %a = vm.call @move(%m, %from, %by, %to) : (i32, i32, i32, i32) -> i32
    %b = vm.call @move(%m, %by, %to, %from) : (i32, i32, i32, i32) -> i32
    %step = vm.fma.i32 %from, %c5, %to : i32
    %s = vm.add.i32 %a, %b : i32
    %t = vm.xor.i32 %s, %step : i32
    %u = vm.add.i32 %t, %c1 : i32
    vm.return %u : i32
  }

  vm.export @binomial
  vm.func @binomial(%n: i32, %k: i32) -> i32 {
    %c1 = vm.const.i32 1
    vm.cond_br %k, ^k_positive, ^one
  ^k_positive:
    %edge = vm.cmp.eq.i32 %n, %k : i32
    vm.cond_br %edge, ^one, ^inside
  ^one:
    vm.return %c1 : i32
  ^inside:
    %n1 = vm.sub.i32 %n, %c1 : i32
    %k1 = vm.sub.i32 %k, %c1 : i32
    %a = vm.call @binomial(%n1, %k1) : (i32, i32) -> i32
    %b = vm.call @binomial(%n1, %k) : (i32, i32) -> i32
    %r = vm.add.i32 %a, %b : i32
    vm.return %r : i32
  }
}
