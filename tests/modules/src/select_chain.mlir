// flavours: inline-static
// call: @clamp i32=5 i32=0 i32=10
// call: @clamp i32=-5 i32=0 i32=10
// call: @clamp i32=50 i32=0 i32=10
// call: @median i64=3 i64=1 i64=2
// call: @median i64=-9223372036854775808 i64=9223372036854775807 i64=0
// call: @grade i32=95
// call: @grade i32=61
// call: @grade i32=-1
// call: @unsigned i32=-1 i32=1
// call: @float_range f32=0.5 f32=-2.0

func.func @clamp(%x: i32, %low: i32, %high: i32) -> i32 {
  %0 = arith.maxsi %x, %low : i32
  %1 = arith.minsi %0, %high : i32
  return %1 : i32
}

func.func @median(%a: i64, %b: i64, %c: i64) -> i64 {
  %0 = arith.minsi %a, %b : i64
  %1 = arith.maxsi %a, %b : i64
  %2 = arith.minsi %1, %c : i64
  %3 = arith.maxsi %0, %2 : i64
  return %3 : i64
}

func.func @grade(%points: i32) -> i32 {
  %c50 = arith.constant 50 : i32
  %c60 = arith.constant 60 : i32
  %c75 = arith.constant 75 : i32
  %c90 = arith.constant 90 : i32
  %g1 = arith.constant 1 : i32
  %g2 = arith.constant 2 : i32
  %g3 = arith.constant 3 : i32
  %g4 = arith.constant 4 : i32
  %g5 = arith.constant 5 : i32
  %p0 = arith.cmpi sge, %points, %c50 : i32
  %p1 = arith.cmpi sge, %points, %c60 : i32
  %p2 = arith.cmpi sge, %points, %c75 : i32
  %p3 = arith.cmpi sge, %points, %c90 : i32
  %0 = arith.select %p0, %g4, %g5 : i32
  %1 = arith.select %p1, %g3, %0 : i32
  %2 = arith.select %p2, %g2, %1 : i32
  %3 = arith.select %p3, %g1, %2 : i32
  return %3 : i32
}

func.func @unsigned(%a: i32, %b: i32) -> (i32, i32, i32, i32) {
  %0 = arith.minui %a, %b : i32
  %1 = arith.maxui %a, %b : i32
  %2 = arith.divui %a, %b : i32
  %p = arith.cmpi ult, %a, %b : i32
  %3 = arith.extui %p : i1 to i32
  return %0, %1, %2, %3 : i32, i32, i32, i32
}

func.func @float_range(%a: f32, %b: f32) -> (f32, f32) {
  %p = arith.cmpf olt, %a, %b : f32
  %0 = arith.select %p, %a, %b : f32
  %1 = arith.select %p, %b, %a : f32
  return %0, %1 : f32, f32
}
