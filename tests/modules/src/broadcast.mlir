// flavours: inline-static
// call: @outer tensor<5xf32>=#1 tensor<6xf32>=#2
// call: @scale_rows tensor<4x6xf32>=#3 tensor<4xf32>=#4 f32=0.5

func.func @outer(%a: tensor<5xf32>, %b: tensor<6xf32>) -> tensor<5x6xf32> {
  %init = tensor.empty() : tensor<5x6xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%a, %b : tensor<5xf32>, tensor<6xf32>) outs(%init : tensor<5x6xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %q = arith.subf %p, %x : f32
    linalg.yield %q : f32
  } -> tensor<5x6xf32>
  return %r : tensor<5x6xf32>
}

func.func @scale_rows(%a: tensor<4x6xf32>, %s: tensor<4xf32>, %bias: f32) -> tensor<4x6xf32> {
  %init = tensor.empty() : tensor<4x6xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%a, %s : tensor<4x6xf32>, tensor<4xf32>) outs(%init : tensor<4x6xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %q = arith.addf %p, %bias : f32
    linalg.yield %q : f32
  } -> tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}
