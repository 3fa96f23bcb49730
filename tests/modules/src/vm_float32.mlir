// flavours: vm
// call: @unary i32=0x3fc00000
// call: @unary i32=0xc0200000
// call: @unary i32=0xbf000000
// call: @unary i32=0x80000000
// call: @unary i32=0x7f800000
// call: @unary i32=0x7fc00000
// call: @unary i32=0x00000001
// call: @unary i32=0x4b000001
// call: @binary i32=0x3fc00000 i32=0xc0200000
// call: @binary i32=0xc0200000 i32=0x3fc00000
// call: @binary i32=0x80000000 i32=0x00000001
// call: @binary i32=0x7f800000 i32=0x3fc00000
// call: @binary i32=0x7fc00000 i32=0x3fc00000
// call: @binary i32=0x3fc00000 i32=0x7fc00000
// call: @binary i32=0x7f800000 i32=0x7f800000
// call: @binary i32=0x00000001 i32=0x00000001
// call: @binary i32=0x4b000001 i32=0x3fc00000
// call: @compare i32=0x3fc00000 i32=0xc0200000
// call: @compare i32=0xc0200000 i32=0x3fc00000
// call: @compare i32=0x80000000 i32=0x00000001
// call: @compare i32=0x7f800000 i32=0x3fc00000
// call: @compare i32=0x7fc00000 i32=0x3fc00000
// call: @compare i32=0x3fc00000 i32=0x7fc00000
// call: @compare i32=0x7f800000 i32=0x7f800000
// call: @compare i32=0x00000001 i32=0x00000001
// call: @compare i32=0x4b000001 i32=0x3fc00000
// call: @ternary i32=0 i32=0x3fc00000 i32=0xc0200000 i32=0xbf000000
// call: @ternary i32=1 i32=0x4b000001 i32=0x4b000001 i32=0xc0200000
// call: @to_integer i32=0x3fc00000
// call: @to_integer i32=0xc0200000
// call: @to_integer i32=0xbf000000
// call: @to_integer i32=0x4b000001
// call: @from_integer i32=-1 i64=-1
// call: @from_integer i32=16777217 i64=9007199254740993
// call: @switch i32=1
// call: @switch i32=7

// f32 operations on bit patterns, so that signs of zero and NaNs are exact.
vm.module @float32 {
  vm.export @unary
  vm.func @unary(%x: i32) -> (i32, i32, i32, i32, i32, i32, i32, i32) {
    %a = vm.bitcast.i32.f32 %x : i32 -> f32
    %abs = vm.abs.f32 %a : f32
    %abs_bits = vm.bitcast.f32.i32 %abs : f32 -> i32
    %neg = vm.neg.f32 %a : f32
    %neg_bits = vm.bitcast.f32.i32 %neg : f32 -> i32
    %ceil = vm.ceil.f32 %a : f32
    %ceil_bits = vm.bitcast.f32.i32 %ceil : f32 -> i32
    %floor = vm.floor.f32 %a : f32
    %floor_bits = vm.bitcast.f32.i32 %floor : f32 -> i32
    %round = vm.round.f32 %a : f32
    %round_bits = vm.bitcast.f32.i32 %round : f32 -> i32
    %round_even = vm.round.f32.even %a : f32
    %round_even_bits = vm.bitcast.f32.i32 %round_even : f32 -> i32
    %sqrt = vm.sqrt.f32 %a : f32
    %sqrt_bits = vm.bitcast.f32.i32 %sqrt : f32 -> i32
    %rsqrt = vm.rsqrt.f32 %a : f32
    %rsqrt_bits = vm.bitcast.f32.i32 %rsqrt : f32 -> i32
    vm.return %abs_bits, %neg_bits, %ceil_bits, %floor_bits, %round_bits, %round_even_bits, %sqrt_bits, %rsqrt_bits : i32, i32, i32, i32, i32, i32, i32, i32
  }
  vm.export @binary
  vm.func @binary(%x: i32, %y: i32) -> (i32, i32, i32, i32, i32, i32, i32) {
    %a = vm.bitcast.i32.f32 %x : i32 -> f32
    %b = vm.bitcast.i32.f32 %y : i32 -> f32
    %add = vm.add.f32 %a, %b : f32
    %add_bits = vm.bitcast.f32.i32 %add : f32 -> i32
    %sub = vm.sub.f32 %a, %b : f32
    %sub_bits = vm.bitcast.f32.i32 %sub : f32 -> i32
    %mul = vm.mul.f32 %a, %b : f32
    %mul_bits = vm.bitcast.f32.i32 %mul : f32 -> i32
    %div = vm.div.f32 %a, %b : f32
    %div_bits = vm.bitcast.f32.i32 %div : f32 -> i32
    %rem = vm.rem.f32 %a, %b : f32
    %rem_bits = vm.bitcast.f32.i32 %rem : f32 -> i32
    %min = vm.min.f32 %a, %b : f32
    %min_bits = vm.bitcast.f32.i32 %min : f32 -> i32
    %max = vm.max.f32 %a, %b : f32
    %max_bits = vm.bitcast.f32.i32 %max : f32 -> i32
    vm.return %add_bits, %sub_bits, %mul_bits, %div_bits, %rem_bits, %min_bits, %max_bits : i32, i32, i32, i32, i32, i32, i32
  }
  vm.export @compare
  vm.func @compare(%x: i32, %y: i32) -> (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32) {
    %a = vm.bitcast.i32.f32 %x : i32 -> f32
    %b = vm.bitcast.i32.f32 %y : i32 -> f32
    %eq_o = vm.cmp.eq.f32.o %a, %b : f32
    %eq_u = vm.cmp.eq.f32.u %a, %b : f32
    %ne_u = vm.cmp.ne.f32.u %a, %b : f32
    %lt_o = vm.cmp.lt.f32.o %a, %b : f32
    %lt_u = vm.cmp.lt.f32.u %a, %b : f32
    %lte_o = vm.cmp.lte.f32.o %a, %b : f32
    %lte_u = vm.cmp.lte.f32.u %a, %b : f32
    %gt_o = vm.cmp.gt.f32.o %a, %b : f32
    %gte_u = vm.cmp.gte.f32.u %a, %b : f32
    %nan = vm.cmp.nan.f32 %a : f32
    vm.return %eq_o, %eq_u, %ne_u, %lt_o, %lt_u, %lte_o, %lte_u, %gt_o, %gte_u, %nan : i32, i32, i32, i32, i32, i32, i32, i32, i32, i32
  }
  vm.export @ternary
  vm.func @ternary(%p: i32, %x: i32, %y: i32, %z: i32) -> (i32, i32) {
    %a = vm.bitcast.i32.f32 %x : i32 -> f32
    %b = vm.bitcast.i32.f32 %y : i32 -> f32
    %c = vm.bitcast.i32.f32 %z : i32 -> f32
    %fma = vm.fma.f32 %a, %b, %c : f32
    %fma_bits = vm.bitcast.f32.i32 %fma : f32 -> i32
    %sel = vm.select.f32 %p, %a, %b : f32
    %sel_bits = vm.bitcast.f32.i32 %sel : f32 -> i32
    vm.return %fma_bits, %sel_bits : i32, i32
  }
  vm.export @to_integer
  vm.func @to_integer(%x: i32) -> (i32, i32) {
    %a = vm.bitcast.i32.f32 %x : i32 -> f32
    %s = vm.cast.f32.si32 %a : f32 -> i32
    %abs = vm.abs.f32 %a : f32
    %u = vm.cast.f32.ui32 %abs : f32 -> i32
    vm.return %s, %u : i32, i32
  }
  vm.export @from_integer
  vm.func @from_integer(%x: i32, %y: i64) -> (i32, i32) {
    %s = vm.cast.si32.f32 %x : i32 -> f32
    %u = vm.cast.ui32.f32 %x : i32 -> f32
    %s_bits = vm.bitcast.f32.i32 %s : f32 -> i32
    %u_bits = vm.bitcast.f32.i32 %u : f32 -> i32
    vm.return %s_bits, %u_bits : i32, i32
  }
  vm.export @switch
  vm.func @switch(%i: i32) -> (i32) {
    %a = vm.const.f32 1.5
    %b = vm.const.f32 -2.25
    %d = vm.const.f32 0.1
    %r = vm.switch.f32 %i[%a, %b] else %d : f32
    %r_bits = vm.bitcast.f32.i32 %r : f32 -> i32
    vm.return %r_bits : i32
  }
}
