// flavours: vm
// libm
// call: @f32 i32=0x3f000000 i32=0x40200000
// call: @f32 i32=0xbf400000 i32=0x3f800000
// call: @f64 i64=0x3fe0000000000000 i64=0x4004000000000000
// call: @f64 i64=0x3ff8000000000000 i64=0x3ff0000000000000

vm.module @transcendental {
  vm.export @f32
  vm.func @f32(%x: i32, %y: i32) -> (i32, i32, i32, i32, i32, i32, i32, i32) {
    %a = vm.bitcast.i32.f32 %x : i32 -> f32
    %b = vm.bitcast.i32.f32 %y : i32 -> f32
    %0 = vm.atan.f32 %a : f32
    %1 = vm.atan2.f32 %a, %b : f32
    %2 = vm.cos.f32 %a : f32
    %3 = vm.sin.f32 %a : f32
    %4 = vm.exp.f32 %a : f32
    %5 = vm.log.f32 %b : f32
    %6 = vm.tanh.f32 %a : f32
    %7 = vm.erf.f32 %a : f32
    %b0 = vm.bitcast.f32.i32 %0 : f32 -> i32
    %b1 = vm.bitcast.f32.i32 %1 : f32 -> i32
    %b2 = vm.bitcast.f32.i32 %2 : f32 -> i32
    %b3 = vm.bitcast.f32.i32 %3 : f32 -> i32
    %b4 = vm.bitcast.f32.i32 %4 : f32 -> i32
    %b5 = vm.bitcast.f32.i32 %5 : f32 -> i32
    %b6 = vm.bitcast.f32.i32 %6 : f32 -> i32
    %b7 = vm.bitcast.f32.i32 %7 : f32 -> i32
    vm.return %b0, %b1, %b2, %b3, %b4, %b5, %b6, %b7 : i32, i32, i32, i32, i32, i32, i32, i32
  }
  vm.export @f64
  vm.func @f64(%x: i64, %y: i64) -> (i64, i64, i64, i64, i64, i64, i64, i64) {
    %a = vm.bitcast.i64.f64 %x : i64 -> f64
    %b = vm.bitcast.i64.f64 %y : i64 -> f64
    %0 = vm.exp2.f64 %a : f64
    %1 = vm.expm1.f64 %a : f64
    %2 = vm.log1p.f64 %a : f64
    %3 = vm.log2.f64 %b : f64
    %4 = vm.log10.f64 %b : f64
    %5 = vm.pow.f64 %a, %b : f64
    %6 = vm.rsqrt.f64 %b : f64
    %7 = vm.tanh.f64 %a : f64
    %b0 = vm.bitcast.f64.i64 %0 : f64 -> i64
    %b1 = vm.bitcast.f64.i64 %1 : f64 -> i64
    %b2 = vm.bitcast.f64.i64 %2 : f64 -> i64
    %b3 = vm.bitcast.f64.i64 %3 : f64 -> i64
    %b4 = vm.bitcast.f64.i64 %4 : f64 -> i64
    %b5 = vm.bitcast.f64.i64 %5 : f64 -> i64
    %b6 = vm.bitcast.f64.i64 %6 : f64 -> i64
    %b7 = vm.bitcast.f64.i64 %7 : f64 -> i64
    vm.return %b0, %b1, %b2, %b3, %b4, %b5, %b6, %b7 : i64, i64, i64, i64, i64, i64, i64, i64
  }
}
