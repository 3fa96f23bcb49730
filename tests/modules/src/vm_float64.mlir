// flavours: vm
// call: @unary i64=0x3ff8000000000000
// call: @unary i64=0xc004000000000000
// call: @unary i64=0xbfe0000000000000
// call: @unary i64=0x8000000000000000
// call: @unary i64=0x7ff0000000000000
// call: @unary i64=0x7ff8000000000000
// call: @unary i64=0x0000000000000001
// call: @unary i64=0x4330000000000001
// call: @binary i64=0x3ff8000000000000 i64=0xc004000000000000
// call: @binary i64=0xc004000000000000 i64=0x3ff8000000000000
// call: @binary i64=0x8000000000000000 i64=0x0000000000000001
// call: @binary i64=0x7ff0000000000000 i64=0x3ff8000000000000
// call: @binary i64=0x7ff8000000000000 i64=0x3ff8000000000000
// call: @binary i64=0x3ff8000000000000 i64=0x7ff8000000000000
// call: @binary i64=0x7ff0000000000000 i64=0x7ff0000000000000
// call: @binary i64=0x0000000000000001 i64=0x0000000000000001
// call: @binary i64=0x4330000000000001 i64=0x3ff8000000000000
// call: @compare i64=0x3ff8000000000000 i64=0xc004000000000000
// call: @compare i64=0xc004000000000000 i64=0x3ff8000000000000
// call: @compare i64=0x8000000000000000 i64=0x0000000000000001
// call: @compare i64=0x7ff0000000000000 i64=0x3ff8000000000000
// call: @compare i64=0x7ff8000000000000 i64=0x3ff8000000000000
// call: @compare i64=0x3ff8000000000000 i64=0x7ff8000000000000
// call: @compare i64=0x7ff0000000000000 i64=0x7ff0000000000000
// call: @compare i64=0x0000000000000001 i64=0x0000000000000001
// call: @compare i64=0x4330000000000001 i64=0x3ff8000000000000
// call: @ternary i32=0 i64=0x3ff8000000000000 i64=0xc004000000000000 i64=0xbfe0000000000000
// call: @ternary i32=1 i64=0x4330000000000001 i64=0x4330000000000001 i64=0xc004000000000000
// call: @to_integer i64=0x3ff8000000000000
// call: @to_integer i64=0xc004000000000000
// call: @to_integer i64=0xbfe0000000000000
// call: @to_integer i64=0x4330000000000001
// call: @from_integer i32=-1 i64=-1
// call: @from_integer i32=16777217 i64=9007199254740993
// call: @switch i32=1
// call: @switch i32=7

// f64 operations on bit patterns, so that signs of zero and NaNs are exact.
vm.module @float64 {
  vm.export @unary
  vm.func @unary(%x: i64) -> (i64, i64, i64, i64, i64, i64, i64, i64) {
    %a = vm.bitcast.i64.f64 %x : i64 -> f64
    %abs = vm.abs.f64 %a : f64
    %abs_bits = vm.bitcast.f64.i64 %abs : f64 -> i64
    %neg = vm.neg.f64 %a : f64
    %neg_bits = vm.bitcast.f64.i64 %neg : f64 -> i64
    %ceil = vm.ceil.f64 %a : f64
    %ceil_bits = vm.bitcast.f64.i64 %ceil : f64 -> i64
    %floor = vm.floor.f64 %a : f64
    %floor_bits = vm.bitcast.f64.i64 %floor : f64 -> i64
    %round = vm.round.f64 %a : f64
    %round_bits = vm.bitcast.f64.i64 %round : f64 -> i64
    %round_even = vm.round.f64.even %a : f64
    %round_even_bits = vm.bitcast.f64.i64 %round_even : f64 -> i64
    %sqrt = vm.sqrt.f64 %a : f64
    %sqrt_bits = vm.bitcast.f64.i64 %sqrt : f64 -> i64
    %rsqrt = vm.rsqrt.f64 %a : f64
    %rsqrt_bits = vm.bitcast.f64.i64 %rsqrt : f64 -> i64
    vm.return %abs_bits, %neg_bits, %ceil_bits, %floor_bits, %round_bits, %round_even_bits, %sqrt_bits, %rsqrt_bits : i64, i64, i64, i64, i64, i64, i64, i64
  }
  vm.export @binary
  vm.func @binary(%x: i64, %y: i64) -> (i64, i64, i64, i64, i64, i64, i64) {
    %a = vm.bitcast.i64.f64 %x : i64 -> f64
    %b = vm.bitcast.i64.f64 %y : i64 -> f64
    %add = vm.add.f64 %a, %b : f64
    %add_bits = vm.bitcast.f64.i64 %add : f64 -> i64
    %sub = vm.sub.f64 %a, %b : f64
    %sub_bits = vm.bitcast.f64.i64 %sub : f64 -> i64
    %mul = vm.mul.f64 %a, %b : f64
    %mul_bits = vm.bitcast.f64.i64 %mul : f64 -> i64
    %div = vm.div.f64 %a, %b : f64
    %div_bits = vm.bitcast.f64.i64 %div : f64 -> i64
    %rem = vm.rem.f64 %a, %b : f64
    %rem_bits = vm.bitcast.f64.i64 %rem : f64 -> i64
    %min = vm.min.f64 %a, %b : f64
    %min_bits = vm.bitcast.f64.i64 %min : f64 -> i64
    %max = vm.max.f64 %a, %b : f64
    %max_bits = vm.bitcast.f64.i64 %max : f64 -> i64
    vm.return %add_bits, %sub_bits, %mul_bits, %div_bits, %rem_bits, %min_bits, %max_bits : i64, i64, i64, i64, i64, i64, i64
  }
  vm.export @compare
  vm.func @compare(%x: i64, %y: i64) -> (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) {
    %a = vm.bitcast.i64.f64 %x : i64 -> f64
    %b = vm.bitcast.i64.f64 %y : i64 -> f64
    %eq_o = vm.cmp.eq.f64.o %a, %b : f64
    %eq_u = vm.cmp.eq.f64.u %a, %b : f64
    %ne_u = vm.cmp.ne.f64.u %a, %b : f64
    %lt_o = vm.cmp.lt.f64.o %a, %b : f64
    %lt_u = vm.cmp.lt.f64.u %a, %b : f64
    %lte_o = vm.cmp.lte.f64.o %a, %b : f64
    %lte_u = vm.cmp.lte.f64.u %a, %b : f64
    %gt_o = vm.cmp.gt.f64.o %a, %b : f64
    %gte_u = vm.cmp.gte.f64.u %a, %b : f64
    %nan = vm.cmp.nan.f64 %a : f64
    vm.return %eq_o, %eq_u, %ne_u, %lt_o, %lt_u, %lte_o, %lte_u, %gt_o, %gte_u, %nan : i32, i32, i32, i32, i32, i32, i32, i32, i32, i32
  }
  vm.export @ternary
  vm.func @ternary(%p: i32, %x: i64, %y: i64, %z: i64) -> (i64, i64) {
    %a = vm.bitcast.i64.f64 %x : i64 -> f64
    %b = vm.bitcast.i64.f64 %y : i64 -> f64
    %c = vm.bitcast.i64.f64 %z : i64 -> f64
    %fma = vm.fma.f64 %a, %b, %c : f64
    %fma_bits = vm.bitcast.f64.i64 %fma : f64 -> i64
    %sel = vm.select.f64 %p, %a, %b : f64
    %sel_bits = vm.bitcast.f64.i64 %sel : f64 -> i64
    vm.return %fma_bits, %sel_bits : i64, i64
  }
  vm.export @to_integer
  vm.func @to_integer(%x: i64) -> (i64, i32) {
    %a = vm.bitcast.i64.f64 %x : i64 -> f64
    %s = vm.cast.f64.si64 %a : f64 -> i64
    %n = vm.trunc.f64.f32 %a : f64 -> f32
    %n_bits = vm.bitcast.f32.i32 %n : f32 -> i32
    vm.return %s, %n_bits : i64, i32
  }
  vm.export @from_integer
  vm.func @from_integer(%x: i32, %y: i64) -> (i64, i64) {
    %s = vm.cast.si64.f64 %y : i64 -> f64
    %w = vm.bitcast.i32.f32 %x : i32 -> f32
    %u = vm.ext.f32.f64 %w : f32 -> f64
    %s_bits = vm.bitcast.f64.i64 %s : f64 -> i64
    %u_bits = vm.bitcast.f64.i64 %u : f64 -> i64
    vm.return %s_bits, %u_bits : i64, i64
  }
  vm.export @switch
  vm.func @switch(%i: i32) -> (i64) {
    %a = vm.const.f64 1.5
    %b = vm.const.f64 -2.25
    %d = vm.const.f64 0.1
    %r = vm.switch.f64 %i[%a, %b] else %d : f64
    %r_bits = vm.bitcast.f64.i64 %r : f64 -> i64
    vm.return %r_bits : i64
  }
}
