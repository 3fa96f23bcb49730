// flavours: inline-static
// libm
// call: @elementary f32=0.5
// call: @elementary f32=2.75
// call: @powers f32=1.5 f32=2.5
// call: @angles f32=0.5 f32=-1.25
// call: @roots f32=2.0
// call: @roots f32=0.0

func.func @elementary(%x: f32) -> (f32, f32, f32, f32, f32, f32, f32, f32) {
  %0 = math.exp %x : f32
  %1 = math.exp2 %x : f32
  %2 = math.expm1 %x : f32
  %3 = math.log %x : f32
  %4 = math.log2 %x : f32
  %5 = math.log10 %x : f32
  %6 = math.log1p %x : f32
  %7 = math.tanh %x : f32
  return %0, %1, %2, %3, %4, %5, %6, %7 : f32, f32, f32, f32, f32, f32, f32, f32
}

func.func @powers(%x: f32, %y: f32) -> (f32, f32) {
  %0 = math.powf %x, %y : f32
  %1 = math.erf %x : f32
  return %0, %1 : f32, f32
}

func.func @angles(%x: f32, %y: f32) -> (f32, f32, f32, f32) {
  %0 = math.sin %x : f32
  %1 = math.cos %y : f32
  %2 = math.atan %x : f32
  %3 = math.atan2 %x, %y : f32
  return %0, %1, %2, %3 : f32, f32, f32, f32
}

func.func @roots(%x: f32) -> (f32, f32) {
  %0 = math.sqrt %x : f32
  %1 = math.rsqrt %x : f32
  return %0, %1 : f32, f32
}
