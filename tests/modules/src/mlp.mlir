// flavours: inline-static inline-dynamic vmvx
// call: @forward tensor<2x4xf32>=#1
// call: @forward tensor<2x4xf32>=#9

// Two layers with constant weights and a ReLU between them.
func.func @forward(%x: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %w1 = arith.constant dense<[[0.5, -1.0, 0.25, 0.125, 1.5], [-0.75, 0.5, 1.0, -0.5, 0.0],
                              [1.25, 0.75, -0.25, 0.5, -1.0], [0.1, -0.2, 0.3, -0.4, 0.5]]> : tensor<4x5xf32>
  %b1 = arith.constant dense<[0.1, -0.1, 0.2, -0.2, 0.3]> : tensor<5xf32>
  %w2 = arith.constant dense<[[1.0, -0.5, 0.25], [0.3, 0.6, -0.9], [-1.0, 0.7, 0.2],
                              [0.4, 0.4, 0.4], [-0.6, 0.1, 0.8]]> : tensor<5x3xf32>
  %zero = arith.constant 0.0 : f32
  %h = tensor.empty() : tensor<2x5xf32>
  %h0 = linalg.fill ins(%zero : f32) outs(%h : tensor<2x5xf32>) -> tensor<2x5xf32>
  %h1 = linalg.matmul ins(%x, %w1 : tensor<2x4xf32>, tensor<4x5xf32>) outs(%h0 : tensor<2x5xf32>) -> tensor<2x5xf32>
  %h2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%h1, %b1 : tensor<2x5xf32>, tensor<5xf32>) outs(%h : tensor<2x5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    %p = arith.cmpf ogt, %s, %zero : f32
    %m = arith.select %p, %s, %zero : f32
    linalg.yield %m : f32
  } -> tensor<2x5xf32>
  %y = tensor.empty() : tensor<2x3xf32>
  %y0 = linalg.fill ins(%zero : f32) outs(%y : tensor<2x3xf32>) -> tensor<2x3xf32>
  %r = linalg.matmul ins(%h2, %w2 : tensor<2x5xf32>, tensor<5x3xf32>) outs(%y0 : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
