// flavours: inline-static
// call: @split tensor<3x4xf32>=#1
// call: @split tensor<4x3xf32>=#1

func.func @split(%x: tensor<3x4xf32>) -> (tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x2xf32>) {
  %neg = arith.negf %x : tensor<3x4xf32>
  %twice = arith.addf %x, %x : tensor<3x4xf32>
  %part = tensor.extract_slice %x[0, 1] [3, 2] [1, 1] : tensor<3x4xf32> to tensor<3x2xf32>
  return %neg, %twice, %part : tensor<3x4xf32>, tensor<3x4xf32>, tensor<3x2xf32>
}
