// flavours: inline-static
// call: @arithmetic f32=1.5 f32=-0.3
// call: @arithmetic f32=3.4e38 f32=3.0e38
// call: @arithmetic f32=0x00000001 f32=0.5
// call: @rounding f32=2.5
// call: @rounding f32=-0.5
// call: @rounding f32=8388609.5
// call: @compare f32=1.0 f32=2.0
// call: @compare f32=0x7fc00000 f32=2.0
// call: @compare f32=-0.0 f32=0.0
// call: @newton_sqrt f32=2.0
// call: @sum_series i32=100

func.func @arithmetic(%a: f32, %b: f32) -> (f32, f32, f32, f32, f32, f32) {
  %0 = arith.addf %a, %b : f32
  %1 = arith.subf %a, %b : f32
  %2 = arith.mulf %a, %b : f32
  %3 = arith.divf %a, %b : f32
  %4 = arith.remf %a, %b : f32
  %5 = arith.negf %a : f32
  return %0, %1, %2, %3, %4, %5 : f32, f32, f32, f32, f32, f32
}

func.func @rounding(%x: f32) -> (f32, f32, f32, f32) {
  %0 = math.ceil %x : f32
  %1 = math.floor %x : f32
  %2 = math.round %x : f32
  %3 = math.absf %x : f32
  return %0, %1, %2, %3 : f32, f32, f32, f32
}

// One bit per predicate, so that unordered operands show in all of them.
func.func @compare(%a: f32, %b: f32) -> i32 {
  %c1 = arith.constant 1 : i32
  %p0 = arith.cmpf oeq, %a, %b : f32
  %p1 = arith.cmpf ogt, %a, %b : f32
  %p2 = arith.cmpf oge, %a, %b : f32
  %p3 = arith.cmpf olt, %a, %b : f32
  %p4 = arith.cmpf ole, %a, %b : f32
  %p5 = arith.cmpf ueq, %a, %b : f32
  %p6 = arith.cmpf une, %a, %b : f32
  %p7 = arith.cmpf ult, %a, %b : f32
  %p8 = arith.cmpf uno, %a, %b : f32
  %b0 = arith.extui %p0 : i1 to i32
  %b1 = arith.extui %p1 : i1 to i32
  %b2 = arith.extui %p2 : i1 to i32
  %b3 = arith.extui %p3 : i1 to i32
  %b4 = arith.extui %p4 : i1 to i32
  %b5 = arith.extui %p5 : i1 to i32
  %b6 = arith.extui %p6 : i1 to i32
  %b7 = arith.extui %p7 : i1 to i32
  %b8 = arith.extui %p8 : i1 to i32
  %t0 = arith.shli %b0, %c1 : i32
  %s1 = arith.ori %t0, %b1 : i32
  %t1 = arith.shli %s1, %c1 : i32
  %s2 = arith.ori %t1, %b2 : i32
  %t2 = arith.shli %s2, %c1 : i32
  %s3 = arith.ori %t2, %b3 : i32
  %t3 = arith.shli %s3, %c1 : i32
  %s4 = arith.ori %t3, %b4 : i32
  %t4 = arith.shli %s4, %c1 : i32
  %s5 = arith.ori %t4, %b5 : i32
  %t5 = arith.shli %s5, %c1 : i32
  %s6 = arith.ori %t5, %b6 : i32
  %t6 = arith.shli %s6, %c1 : i32
  %s7 = arith.ori %t6, %b7 : i32
  %t7 = arith.shli %s7, %c1 : i32
  %s8 = arith.ori %t7, %b8 : i32
  return %s8 : i32
}

func.func @newton_sqrt(%x: f32) -> f32 {
  %half = arith.constant 0.5 : f32
  %close = arith.constant 1.0e-6 : f32
  %r:2 = scf.while (%g = %x, %old = %close) : (f32, f32) -> (f32, f32) {
    %d = arith.subf %g, %old : f32
    %abs = math.absf %d : f32
    %more = arith.cmpf ogt, %abs, %close : f32
    scf.condition(%more) %g, %old : f32, f32
  } do {
  ^bb0(%g: f32, %old: f32):
    %q = arith.divf %x, %g : f32
    %s = arith.addf %g, %q : f32
    %n = arith.mulf %s, %half : f32
    scf.yield %n, %g : f32, f32
  }
  return %r#0 : f32
}

// The order of a float sum decides its bits.
func.func @sum_series(%n: i32) -> f32 {
  %c1 = arith.constant 1 : i32
  %one = arith.constant 1.0 : f32
  %zero = arith.constant 0.0 : f32
  %end = arith.addi %n, %c1 : i32
  %r = scf.for %i = %c1 to %end step %c1 iter_args(%acc = %zero) -> (f32) : i32 {
    %x = arith.sitofp %i : i32 to f32
    %y = arith.divf %one, %x : f32
    %z = arith.addf %acc, %y : f32
    scf.yield %z : f32
  }
  return %r : f32
}
