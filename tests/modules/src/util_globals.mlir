// flavours: inline-static
// session: @next ; @next ; @next
// session: @accumulate f32=0.1 ; @accumulate f32=0.2 ; @accumulate f32=-5.0
// session: @lcg ; @lcg ; @reseed i64=99 ; @lcg

util.global private mutable @count = 41 : i32
util.global private mutable @total = 0.5 : f32
util.global private mutable @seed = 12345 : i64

func.func @next() -> i32 {
  %c1 = arith.constant 1 : i32
  %old = util.global.load @count : i32
  %new = arith.addi %old, %c1 : i32
  util.global.store %new, @count : i32
  return %new : i32
}

func.func @accumulate(%x: f32) -> f32 {
  %old = util.global.load @total : f32
  %new = arith.addf %old, %x : f32
  util.global.store %new, @total : f32
  return %new : f32
}

func.func @lcg() -> i64 {
  %a = arith.constant 6364136223846793005 : i64
  %c = arith.constant 1442695040888963407 : i64
  %old = util.global.load @seed : i64
  %p = arith.muli %old, %a : i64
  %new = arith.addi %p, %c : i64
  util.global.store %new, @seed : i64
  return %new : i64
}

func.func @reseed(%x: i64) {
  util.global.store %x, @seed : i64
  return
}
