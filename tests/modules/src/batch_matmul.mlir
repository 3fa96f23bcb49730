// flavours: inline-static
// call: @bmm tensor<2x3x4xf32>=#1 tensor<2x4x5xf32>=#2

func.func @bmm(%a: tensor<2x3x4xf32>, %b: tensor<2x4x5xf32>) -> tensor<2x3x5xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<2x3x5xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %r = linalg.batch_matmul ins(%a, %b : tensor<2x3x4xf32>, tensor<2x4x5xf32>) outs(%acc : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  return %r : tensor<2x3x5xf32>
}
