// flavours: inline-static
// call: @matrix tensor<5x7xf32>=#1
// call: @cube tensor<2x3x4xi32>=#2

func.func @matrix(%x: tensor<5x7xf32>) -> tensor<7x5xf32> {
  %init = tensor.empty() : tensor<7x5xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%x : tensor<5x7xf32>) outs(%init : tensor<7x5xf32>) {
  ^bb0(%v: f32, %o: f32):
    linalg.yield %v : f32
  } -> tensor<7x5xf32>
  return %r : tensor<7x5xf32>
}

func.func @cube(%x: tensor<2x3x4xi32>) -> tensor<4x2x3xi32> {
  %init = tensor.empty() : tensor<4x2x3xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (j, k, i)>, affine_map<(i, j, k) -> (i, j, k)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%x : tensor<2x3x4xi32>) outs(%init : tensor<4x2x3xi32>) {
  ^bb0(%v: i32, %o: i32):
    linalg.yield %v : i32
  } -> tensor<4x2x3xi32>
  return %r : tensor<4x2x3xi32>
}
