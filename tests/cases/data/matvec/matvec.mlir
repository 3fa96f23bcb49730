func.func @matvec(%a: tensor<96x256xf32>, %x: tensor<256xf32>) -> tensor<96xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<96xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<96xf32>) -> tensor<96xf32>
  %y = linalg.matvec ins(%a, %x : tensor<96x256xf32>, tensor<256xf32>) outs(%start : tensor<96xf32>) -> tensor<96xf32>
  return %y : tensor<96xf32>
}
