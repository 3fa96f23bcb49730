// flavours: inline-static
// libm
// flags: --iree-input-demote-f64-to-f32=false
// call: @arithmetic f64=1.5 f64=-0.3
// call: @arithmetic f64=1e308 f64=9e307
// call: @elementary f64=0.7
// call: @rounding f64=2.5
// call: @rounding f64=-1.5
// call: @horner f64=1.25 i32=12

func.func @arithmetic(%a: f64, %b: f64) -> (f64, f64, f64, f64, f64) {
  %0 = arith.addf %a, %b : f64
  %1 = arith.subf %a, %b : f64
  %2 = arith.mulf %a, %b : f64
  %3 = arith.divf %a, %b : f64
  %4 = arith.remf %a, %b : f64
  return %0, %1, %2, %3, %4 : f64, f64, f64, f64, f64
}

func.func @elementary(%x: f64) -> (f64, f64, f64, f64, f64) {
  %0 = math.exp %x : f64
  %1 = math.log %x : f64
  %2 = math.sqrt %x : f64
  %3 = math.tanh %x : f64
  %4 = math.powf %x, %x : f64
  return %0, %1, %2, %3, %4 : f64, f64, f64, f64, f64
}

func.func @rounding(%x: f64) -> (f64, f64, f64, f64) {
  %0 = math.ceil %x : f64
  %1 = math.floor %x : f64
  %2 = math.round %x : f64
  %3 = math.absf %x : f64
  return %0, %1, %2, %3 : f64, f64, f64, f64
}

func.func @horner(%x: f64, %n: i32) -> f64 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %one = arith.constant 1.0 : f64
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %one) -> (f64) : i32 {
    %p = arith.mulf %acc, %x : f64
    %q = arith.subf %p, %one : f64
    scf.yield %q : f64
  }
  return %r : f64
}
