// Functions that keep numbers in globals.
util.global private mutable @count = 3 : i32
util.global private mutable @first = 1 : i64
util.global private mutable @second = 1 : i64
util.global private mutable @mean = 0.25 : f32
util.global private @step = 2 : i32

// What is returned is the number before or after, and several change in one call.
func.func @next() -> i32 {
  %by = util.global.load @step : i32
  %old = util.global.load @count : i32
  %new = arith.addi %old, %by : i32
  util.global.store %new, @count : i32
  return %old : i32
}
func.func @fibonacci() -> i64 {
  %a = util.global.load @first : i64
  %b = util.global.load @second : i64
  %c = arith.addi %a, %b : i64
  util.global.store %b, @first : i64
  util.global.store %c, @second : i64
  return %c : i64
}
func.func @restart(%a: i64) {
  util.global.store %a, @first : i64
  util.global.store %a, @second : i64
  return
}
// A number that is computed with in loops, before and after it changes.
func.func @smooth(%x: tensor<11xf32>, %by: f32) -> (tensor<11xf32>, f32) {
  %old = util.global.load @mean : f32
  %part = arith.mulf %old, %by : f32
  %new = arith.addf %part, %by : f32
  util.global.store %new, @mean : f32
  %init = tensor.empty() : tensor<11xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
    ins(%x : tensor<11xf32>) outs(%init : tensor<11xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.mulf %p, %new : f32
    %s = arith.subf %m, %old : f32
    linalg.yield %s : f32
  } -> tensor<11xf32>
  return %r, %new : tensor<11xf32>, f32
}
