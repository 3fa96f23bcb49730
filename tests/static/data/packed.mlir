// Tensors in globals, which share a buffer at first.
util.global private mutable @sum = dense<0.0> : tensor<2x5xf32>
util.global private mutable @left = dense<[1, 2, 3, 4]> : tensor<4xi32>
util.global private mutable @right = dense<[10, 20, 30, 40]> : tensor<4xi32>
util.global private mutable @ring = dense<0.5> : tensor<6x3xf32>
util.global private mutable @kept = dense<7> : tensor<3xi8>
util.global private mutable @hidden = dense<0.0> : tensor<1x4xf32>
util.global private mutable @cell = dense<0.125> : tensor<1x4xf32>
util.global private mutable @cache = dense<0.0> : tensor<16x8xf32>

func.func @accumulate(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  %old = util.global.load @sum : tensor<2x5xf32>
  %new = arith.addf %old, %x : tensor<2x5xf32>
  util.global.store %new, @sum : tensor<2x5xf32>
  return %new : tensor<2x5xf32>
}
func.func @move(%x: tensor<4xi32>) -> tensor<4xi32> {
  %a = util.global.load @left : tensor<4xi32>
  %b = util.global.load @right : tensor<4xi32>
  %d = arith.subi %b, %a : tensor<4xi32>
  util.global.store %b, @left : tensor<4xi32>
  %n = arith.addi %a, %x : tensor<4xi32>
  util.global.store %n, @right : tensor<4xi32>
  return %d : tensor<4xi32>
}
func.func @both() -> (tensor<4xi32>, tensor<4xi32>) {
  %a = util.global.load @left : tensor<4xi32>
  %b = util.global.load @right : tensor<4xi32>
  return %a, %b : tensor<4xi32>, tensor<4xi32>
}
// The last six rows: a window over a stream.
func.func @push(%row: tensor<1x3xf32>) -> tensor<3xf32> {
  %old = util.global.load @ring : tensor<6x3xf32>
  %rest = tensor.extract_slice %old[1, 0] [5, 3] [1, 1] : tensor<6x3xf32> to tensor<5x3xf32>
  %new = tensor.concat dim(0) %rest, %row : (tensor<5x3xf32>, tensor<1x3xf32>) -> tensor<6x3xf32>
  util.global.store %new, @ring : tensor<6x3xf32>
  %init = tensor.empty() : tensor<3xf32>
  %zero = arith.constant 0.0 : f32
  %z = linalg.fill ins(%zero : f32) outs(%init : tensor<3xf32>) -> tensor<3xf32>
  %r = linalg.reduce ins(%new : tensor<6x3xf32>) outs(%z : tensor<3xf32>) dimensions = [0] (%a: f32, %b: f32) {
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  }
  return %r : tensor<3xf32>
}
// What was given in the call before.
func.func @before(%x: tensor<3xi8>) -> tensor<3xi8> {
  %old = util.global.load @kept : tensor<3xi8>
  util.global.store %x, @kept : tensor<3xi8>
  return %old : tensor<3xi8>
}
// A recurrent cell with two states.
func.func @recur(%x: tensor<1x4xf32>, %w: tensor<4x4xf32>) -> tensor<1x4xf32> {
  %h = util.global.load @hidden : tensor<1x4xf32>
  %c = util.global.load @cell : tensor<1x4xf32>
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<1x4xf32>
  %z = linalg.fill ins(%zero : f32) outs(%init : tensor<1x4xf32>) -> tensor<1x4xf32>
  %m = linalg.matmul ins(%h, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%z : tensor<1x4xf32>) -> tensor<1x4xf32>
  %s = arith.addf %m, %x : tensor<1x4xf32>
  %g = math.tanh %s : tensor<1x4xf32>
  %f = arith.mulf %c, %g : tensor<1x4xf32>
  %n = arith.addf %f, %x : tensor<1x4xf32>
  %o = math.tanh %n : tensor<1x4xf32>
  util.global.store %o, @hidden : tensor<1x4xf32>
  util.global.store %n, @cell : tensor<1x4xf32>
  return %o : tensor<1x4xf32>
}
func.func @clear() {
  %z = arith.constant dense<0.0> : tensor<1x4xf32>
  util.global.store %z, @hidden : tensor<1x4xf32>
  return
}
// A row of a larger tensor changes: what is there is written in place, or copied.
func.func @put(%row: tensor<1x8xf32>) -> tensor<8xf32> {
  %old = util.global.load @cache : tensor<16x8xf32>
  %new = tensor.insert_slice %row into %old[5, 0] [1, 8] [1, 1] : tensor<1x8xf32> into tensor<16x8xf32>
  util.global.store %new, @cache : tensor<16x8xf32>
  %sum = tensor.extract_slice %new[5, 0] [1, 8] [1, 1] : tensor<16x8xf32> to tensor<8xf32>
  return %sum : tensor<8xf32>
}
func.func @rows() -> tensor<16x8xf32> {
  %all = util.global.load @cache : tensor<16x8xf32>
  return %all : tensor<16x8xf32>
}
