// Tensors that share a buffer at first, where calls write one of them in place; others give it a buffer of its own.
util.global private mutable @total = dense<0> : tensor<6xi32>
util.global private mutable @rows = dense<1> : tensor<4x6xi32>
func.func @put(%row: tensor<1x6xi32>) -> tensor<6xi32> {
  %old = util.global.load @rows : tensor<4x6xi32>
  %new = tensor.insert_slice %row into %old[2, 0] [1, 6] [1, 1] : tensor<1x6xi32> into tensor<4x6xi32>
  util.global.store %new, @rows : tensor<4x6xi32>
  %total = util.global.load @total : tensor<6xi32>
  return %total : tensor<6xi32>
}
func.func @add(%row: tensor<6xi32>) -> tensor<6xi32> {
  %old = util.global.load @total : tensor<6xi32>
  %new = arith.addi %old, %row : tensor<6xi32>
  util.global.store %new, @total : tensor<6xi32>
  return %new : tensor<6xi32>
}
func.func @double() -> tensor<4x6xi32> {
  %old = util.global.load @rows : tensor<4x6xi32>
  %new = arith.addi %old, %old : tensor<4x6xi32>
  util.global.store %new, @rows : tensor<4x6xi32>
  return %old : tensor<4x6xi32>
}
