// flavours: inline-static
// call: @gcd i64=0 i64=0
// call: @gcd i64=48 i64=180
// call: @gcd i64=-48 i64=180
// call: @gcd i64=9223372036854775807 i64=9223372036854775783
// call: @lcm i32=21 i32=6
// call: @lcm i32=65535 i32=65537

func.func @gcd(%a: i64, %b: i64) -> i64 {
  %c0 = arith.constant 0 : i64
  %r:2 = scf.while (%x = %a, %y = %b) : (i64, i64) -> (i64, i64) {
    %more = arith.cmpi ne, %y, %c0 : i64
    scf.condition(%more) %x, %y : i64, i64
  } do {
  ^bb0(%x: i64, %y: i64):
    %rest = arith.remsi %x, %y : i64
    scf.yield %y, %rest : i64, i64
  }
  %minus = arith.subi %c0, %r#0 : i64
  %negative = arith.cmpi slt, %r#0, %c0 : i64
  %abs = arith.select %negative, %minus, %r#0 : i64
  return %abs : i64
}

func.func @lcm(%a: i32, %b: i32) -> i32 {
  %wide_a = arith.extsi %a : i32 to i64
  %wide_b = arith.extsi %b : i32 to i64
  %g = func.call @gcd(%wide_a, %wide_b) : (i64, i64) -> i64
  %g32 = arith.trunci %g : i64 to i32
  %q = arith.divsi %a, %g32 : i32
  %r = arith.muli %q, %b : i32
  return %r : i32
}
