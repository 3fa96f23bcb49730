// flavours: inline-static
// call: @absolute i32=-2147483648 i64=-5
// call: @fused f32=0x3f800800 f32=0x3f800800 f32=0xbf801000
// call: @integer_power f32=1.5 i64=7
// call: @integer_power f32=1.5 i64=-3

// Operations that only recent compilers lower to the VM.
func.func @absolute(%a: i32, %b: i64) -> (i32, i64) {
  %0 = math.absi %a : i32
  %1 = math.absi %b : i64
  return %0, %1 : i32, i64
}

func.func @fused(%a: f32, %b: f32, %c: f32) -> f32 {
  %r = math.fma %a, %b, %c : f32
  return %r : f32
}

func.func @integer_power(%a: f32, %n: i64) -> f32 {
  %r = math.fpowi %a, %n : f32, i64
  return %r : f32
}
