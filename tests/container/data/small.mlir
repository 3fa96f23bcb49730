func.func @mm(%a: tensor<64x64xf32>, %b: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %z = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<64x64xf32>
  %f = linalg.fill ins(%z : f32) outs(%e : tensor<64x64xf32>) -> tensor<64x64xf32>
  %r = linalg.matmul ins(%a, %b : tensor<64x64xf32>, tensor<64x64xf32>) outs(%f : tensor<64x64xf32>) -> tensor<64x64xf32>
  return %r : tensor<64x64xf32>
}
func.func @scale(%a: tensor<?x4xf32>, %n: i32, %k: index, %s: f32 {iree.abi.name = "factor"},
    %o: tensor<?x4xf32> {iree.abi.output = 0 : index}) -> (tensor<?x4xf32>, i32) {
  %v = tensor.empty(%k) : tensor<?x4xf32>
  %w = linalg.fill ins(%s : f32) outs(%v : tensor<?x4xf32>) -> tensor<?x4xf32>
  %r = arith.mulf %a, %w : tensor<?x4xf32>
  return %r, %n : tensor<?x4xf32>, i32
}
