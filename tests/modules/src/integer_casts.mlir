// flavours: inline-static
// call: @narrow i64=0x123456789abcdef0
// call: @narrow i64=-1
// call: @through_i8 i32=0x1ff
// call: @through_i8 i32=0x80
// call: @through_i16 i32=0x18000
// call: @float_and_back i32=-7
// call: @float_and_back i32=16777217
// call: @to_integers f32=2.5
// call: @to_integers f32=-2.5
// call: @to_integers f32=100000.75
// call: @reinterpret i32=0x40490fdb f32=-0.0

func.func @narrow(%x: i64) -> (i32, i64, i64) {
  %0 = arith.trunci %x : i64 to i32
  %1 = arith.extsi %0 : i32 to i64
  %2 = arith.extui %0 : i32 to i64
  return %0, %1, %2 : i32, i64, i64
}

func.func @through_i8(%x: i32) -> (i32, i32) {
  %b = arith.trunci %x : i32 to i8
  %0 = arith.extsi %b : i8 to i32
  %1 = arith.extui %b : i8 to i32
  return %0, %1 : i32, i32
}

func.func @through_i16(%x: i32) -> (i32, i32) {
  %b = arith.trunci %x : i32 to i16
  %0 = arith.extsi %b : i16 to i32
  %1 = arith.extui %b : i16 to i32
  return %0, %1 : i32, i32
}

func.func @float_and_back(%x: i32) -> (f32, f32, i32) {
  %0 = arith.sitofp %x : i32 to f32
  %1 = arith.uitofp %x : i32 to f32
  %2 = arith.fptosi %0 : f32 to i32
  return %0, %1, %2 : f32, f32, i32
}

func.func @to_integers(%x: f32) -> (i32, i32) {
  %abs = math.absf %x : f32
  %0 = arith.fptosi %x : f32 to i32
  %1 = arith.fptoui %abs : f32 to i32
  return %0, %1 : i32, i32
}

func.func @reinterpret(%x: i32, %y: f32) -> (f32, i32) {
  %0 = arith.bitcast %x : i32 to f32
  %1 = arith.bitcast %y : f32 to i32
  return %0, %1 : f32, i32
}
