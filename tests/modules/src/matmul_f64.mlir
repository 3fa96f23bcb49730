// flavours: inline-static
// flags: --iree-input-demote-f64-to-f32=false
// call: @mm tensor<4x6xf64>=#1 tensor<6x3xf64>=#2

func.func @mm(%a: tensor<4x6xf64>, %b: tensor<6x3xf64>) -> tensor<4x3xf64> {
  %zero = arith.constant 0.0 : f64
  %init = tensor.empty() : tensor<4x3xf64>
  %acc = linalg.fill ins(%zero : f64) outs(%init : tensor<4x3xf64>) -> tensor<4x3xf64>
  %r = linalg.matmul ins(%a, %b : tensor<4x6xf64>, tensor<6x3xf64>) outs(%acc : tensor<4x3xf64>) -> tensor<4x3xf64>
  return %r : tensor<4x3xf64>
}
