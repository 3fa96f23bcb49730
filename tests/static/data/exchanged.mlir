// Tensors in globals that change places, and one that a step computes from what it was.
util.global private mutable @left = dense<[1, 2, 3, 4]> : tensor<4xi32>
util.global private mutable @right = dense<[10, 20, 30, 40]> : tensor<4xi32>
util.global private mutable @square = dense<[[1, 2, 3], [4, 5, 6], [7, 8, 9]]> : tensor<3x3xi32>
util.global private mutable @image = dense<0.5> : tensor<100x80xf32>
func.func @swap() {
  %a = util.global.load @left : tensor<4xi32>
  %b = util.global.load @right : tensor<4xi32>
  util.global.store %b, @left : tensor<4xi32>
  util.global.store %a, @right : tensor<4xi32>
  return
}
func.func @set(%x: tensor<4xi32>, %y: tensor<4xi32>) {
  util.global.store %x, @left : tensor<4xi32>
  util.global.store %y, @right : tensor<4xi32>
  return
}
func.func @add(%x: tensor<4xi32>) {
  %a = util.global.load @left : tensor<4xi32>
  %b = arith.addi %a, %x : tensor<4xi32>
  util.global.store %b, @left : tensor<4xi32>
  return
}
func.func @both() -> (tensor<4xi32>, tensor<4xi32>) {
  %a = util.global.load @left : tensor<4xi32>
  %b = util.global.load @right : tensor<4xi32>
  return %a, %b : tensor<4xi32>, tensor<4xi32>
}
func.func @fade(%x: tensor<100x80xf32>) -> tensor<1xf32> {
  %old = util.global.load @image : tensor<100x80xf32>
  %sum = arith.addf %old, %x : tensor<100x80xf32>
  %new = arith.mulf %sum, %old : tensor<100x80xf32>
  util.global.store %new, @image : tensor<100x80xf32>
  %part = tensor.extract_slice %new[7, 5] [1, 1] [1, 1] : tensor<100x80xf32> to tensor<1xf32>
  return %part : tensor<1xf32>
}
// What is read is not what is written: of a transposed tensor, of a row for all rows.
func.func @turn(%x: tensor<3x3xi32>) -> tensor<3x3xi32> {
  %old = util.global.load @square : tensor<3x3xi32>
  %init = tensor.empty() : tensor<3x3xi32>
  %new = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%old, %x : tensor<3x3xi32>, tensor<3x3xi32>) outs(%init : tensor<3x3xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %s = arith.addi %a, %b : i32
    linalg.yield %s : i32
  } -> tensor<3x3xi32>
  util.global.store %new, @square : tensor<3x3xi32>
  return %new : tensor<3x3xi32>
}
func.func @spread() -> tensor<3x3xi32> {
  %old = util.global.load @square : tensor<3x3xi32>
  %init = tensor.empty() : tensor<3x3xi32>
  %new = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (1, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%old, %old : tensor<3x3xi32>, tensor<3x3xi32>) outs(%init : tensor<3x3xi32>) {
  ^bb0(%a: i32, %b: i32, %o: i32):
    %s = arith.subi %a, %b : i32
    linalg.yield %s : i32
  } -> tensor<3x3xi32>
  util.global.store %new, @square : tensor<3x3xi32>
  return %new : tensor<3x3xi32>
}
