// Tensors that lie apart in a buffer at first, and are one tensor after some calls.
util.global private mutable @one = dense<[[-2, -4, 9, 6, 7], [9, 7, 3, 8, -4]]> : tensor<2x5xi8>
util.global private mutable @other = dense<[[1, -9, -9, 0, -9], [5, 3, 8, 1, 7]]> : tensor<2x5xi8>
func.func @both(%x: tensor<2x5xi8>) -> tensor<2x5xi8> {
  %old = util.global.load @one : tensor<2x5xi8>
  %new = arith.addi %x, %old : tensor<2x5xi8>
  util.global.store %new, @one : tensor<2x5xi8>
  util.global.store %new, @other : tensor<2x5xi8>
  return %new : tensor<2x5xi8>
}
func.func @read() -> (tensor<2x5xi8>, tensor<2x5xi8>) {
  %one = util.global.load @one : tensor<2x5xi8>
  %other = util.global.load @other : tensor<2x5xi8>
  return %one, %other : tensor<2x5xi8>, tensor<2x5xi8>
}
