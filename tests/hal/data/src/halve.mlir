func.func @halve(%x: tensor<4xf32>) -> tensor<4xf32> {
  %half = arith.constant dense<0.5> : tensor<4xf32>
  %r = arith.mulf %x, %half : tensor<4xf32>
  return %r : tensor<4xf32>
}
