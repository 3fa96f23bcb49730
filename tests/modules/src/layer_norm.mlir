// flavours: inline-static
// call: @norm tensor<4x16xf32>=#1 tensor<16xf32>=#2 tensor<16xf32>=#3

func.func @norm(%x: tensor<4x16xf32>, %scale: tensor<16xf32>, %bias: tensor<16xf32>) -> tensor<4x16xf32> {
  %zero = arith.constant 0.0 : f32
  %part = arith.constant 0.0625 : f32
  %eps = arith.constant 1.0e-5 : f32
  %row = tensor.empty() : tensor<4xf32>
  %all = tensor.empty() : tensor<4x16xf32>
  %init = linalg.fill ins(%zero : f32) outs(%row : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x16xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%v: f32, %s: f32):
    %n = arith.addf %s, %v : f32
    linalg.yield %n : f32
  } -> tensor<4xf32>
  %square = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
      ins(%x, %sum : tensor<4x16xf32>, tensor<4xf32>) outs(%init : tensor<4xf32>) {
  ^bb0(%v: f32, %s: f32, %acc: f32):
    %mean = arith.mulf %s, %part : f32
    %d = arith.subf %v, %mean : f32
    %dd = arith.mulf %d, %d : f32
    %n = arith.addf %acc, %dd : f32
    linalg.yield %n : f32
  } -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i)>,
      affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum, %square, %scale, %bias : tensor<4x16xf32>, tensor<4xf32>, tensor<4xf32>, tensor<16xf32>, tensor<16xf32>)
      outs(%all : tensor<4x16xf32>) {
  ^bb0(%v: f32, %s: f32, %q: f32, %g: f32, %b: f32, %o: f32):
    %mean = arith.mulf %s, %part : f32
    %d = arith.subf %v, %mean : f32
    %var = arith.mulf %q, %part : f32
    %safe = arith.addf %var, %eps : f32
    %dev = math.sqrt %safe : f32
    %unit = arith.divf %d, %dev : f32
    %scaled = arith.mulf %unit, %g : f32
    %y = arith.addf %scaled, %b : f32
    linalg.yield %y : f32
  } -> tensor<4x16xf32>
  return %r : tensor<4x16xf32>
}
