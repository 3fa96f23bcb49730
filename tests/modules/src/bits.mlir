// flavours: inline-static
// call: @popcount32 i32=0
// call: @popcount32 i32=-1
// call: @popcount32 i32=0x12345678
// call: @popcount64 i64=-2
// call: @reverse32 i32=0x12345678
// call: @next_power_of_two i32=0
// call: @next_power_of_two i32=33
// call: @next_power_of_two i32=0x40000001
// call: @rotate64 i64=0x0123456789abcdef i64=0
// call: @rotate64 i64=0x0123456789abcdef i64=20
// call: @clz_both i32=0 i64=0
// call: @clz_both i32=1 i64=0x80000000

func.func @popcount32(%x: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %r:2 = scf.while (%v = %x, %count = %c0) : (i32, i32) -> (i32, i32) {
    %more = arith.cmpi ne, %v, %c0 : i32
    scf.condition(%more) %v, %count : i32, i32
  } do {
  ^bb0(%v: i32, %count: i32):
    %less = arith.subi %v, %c1 : i32
    %cleared = arith.andi %v, %less : i32
    %count1 = arith.addi %count, %c1 : i32
    scf.yield %cleared, %count1 : i32, i32
  }
  return %r#1 : i32
}

func.func @popcount64(%x: i64) -> i32 {
  %c32 = arith.constant 32 : i64
  %low = arith.trunci %x : i64 to i32
  %shifted = arith.shrui %x, %c32 : i64
  %high = arith.trunci %shifted : i64 to i32
  %a = func.call @popcount32(%low) : (i32) -> i32
  %b = func.call @popcount32(%high) : (i32) -> i32
  %r = arith.addi %a, %b : i32
  return %r : i32
}

func.func @reverse32(%x: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c32 = arith.constant 32 : i32
  %r:2 = scf.for %i = %c0 to %c32 step %c1 iter_args(%in = %x, %out = %c0) -> (i32, i32) : i32 {
    %bit = arith.andi %in, %c1 : i32
    %room = arith.shli %out, %c1 : i32
    %out1 = arith.ori %room, %bit : i32
    %in1 = arith.shrui %in, %c1 : i32
    scf.yield %in1, %out1 : i32, i32
  }
  return %r#1 : i32
}

func.func @next_power_of_two(%x: i32) -> i32 {
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c32 = arith.constant 32 : i32
  %small = arith.cmpi ult, %x, %c2 : i32
  %less = arith.subi %x, %c1 : i32
  %zeros = math.ctlz %less : i32
  %shift = arith.subi %c32, %zeros : i32
  %power = arith.shli %c1, %shift : i32
  %r = arith.select %small, %c1, %power : i32
  return %r : i32
}

func.func @rotate64(%x: i64, %n: i64) -> i64 {
  %c63 = arith.constant 63 : i64
  %c64 = arith.constant 64 : i64
  %left = arith.shli %x, %n : i64
  %back = arith.subi %c64, %n : i64
  %masked = arith.andi %back, %c63 : i64
  %right = arith.shrui %x, %masked : i64
  %r = arith.ori %left, %right : i64
  return %r : i64
}

func.func @clz_both(%a: i32, %b: i64) -> (i32, i64) {
  %x = math.ctlz %a : i32
  %y = math.ctlz %b : i64
  return %x, %y : i32, i64
}
