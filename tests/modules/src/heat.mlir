// flavours: inline-static vmvx
// call: @step tensor<10x10xf32>=#1

// One step of a five-point stencil over the inside of a plate.
func.func @step(%x: tensor<10x10xf32>) -> tensor<8x8xf32> {
  %quarter = arith.constant 0.25 : f32
  %n = tensor.extract_slice %x[0, 1] [8, 8] [1, 1] : tensor<10x10xf32> to tensor<8x8xf32>
  %s = tensor.extract_slice %x[2, 1] [8, 8] [1, 1] : tensor<10x10xf32> to tensor<8x8xf32>
  %w = tensor.extract_slice %x[1, 0] [8, 8] [1, 1] : tensor<10x10xf32> to tensor<8x8xf32>
  %e = tensor.extract_slice %x[1, 2] [8, 8] [1, 1] : tensor<10x10xf32> to tensor<8x8xf32>
  %init = tensor.empty() : tensor<8x8xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>,
      affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%n, %s, %w, %e : tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>, tensor<8x8xf32>) outs(%init : tensor<8x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %d: f32, %o: f32):
    %0 = arith.addf %a, %b : f32
    %1 = arith.addf %c, %d : f32
    %2 = arith.addf %0, %1 : f32
    %3 = arith.mulf %2, %quarter : f32
    linalg.yield %3 : f32
  } -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}
