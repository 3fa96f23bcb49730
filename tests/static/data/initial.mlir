// Globals that the initialisation computes.
util.global private @scaled : tensor<5x3xf32>
util.global private mutable @sums : tensor<3xi32>
util.initializer {
  %w = arith.constant dense<[[1.0, -2.0, 0.5, 3.0, 7.0], [0.1, 0.2, 0.3, 0.4, -0.0], [1.0e10, 3.0, 1.0, 9.0, 0.0]]> : tensor<3x5xf32>
  %w0 = util.optimization_barrier %w : tensor<3x5xf32>
  %scale = arith.constant dense<[0.3, 1.7, -2.5]> : tensor<3xf32>
  %scale0 = util.optimization_barrier %scale : tensor<3xf32>
  %init = tensor.empty() : tensor<5x3xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j, i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
    ins(%w0, %scale0 : tensor<3x5xf32>, tensor<3xf32>) outs(%init : tensor<5x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %p = arith.mulf %a, %b : f32
    %q = arith.addf %p, %b : f32
    %s = arith.divf %q, %a : f32
    %c = math.absf %s : f32
    linalg.yield %c : f32
  } -> tensor<5x3xf32>
  util.global.store %t, @scaled : tensor<5x3xf32>
  %k = arith.constant dense<[[1, -2, 100, 3, 7], [1, 2, 3, -128, 5], [127, 127, 127, 127, 127]]> : tensor<3x5xi8>
  %k0 = util.optimization_barrier %k : tensor<3x5xi8>
  %zeros = arith.constant dense<0> : tensor<3xi32>
  %n = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>], iterator_types = ["parallel", "reduction"]}
    ins(%k0 : tensor<3x5xi8>) outs(%zeros : tensor<3xi32>) {
  ^bb0(%a: i8, %o: i32):
    %e = arith.extsi %a : i8 to i32
    %m = arith.muli %e, %e : i32
    %s = arith.addi %m, %o : i32
    linalg.yield %s : i32
  } -> tensor<3xi32>
  util.global.store %n, @sums : tensor<3xi32>
  util.return
}
func.func @scale(%x: tensor<5x3xf32>) -> tensor<5x3xf32> {
  %w = util.global.load @scaled : tensor<5x3xf32>
  %r = arith.mulf %w, %x : tensor<5x3xf32>
  return %r : tensor<5x3xf32>
}
func.func @count(%x: tensor<3xi32>) -> tensor<3xi32> {
  %old = util.global.load @sums : tensor<3xi32>
  %new = arith.addi %old, %x : tensor<3xi32>
  util.global.store %new, @sums : tensor<3xi32>
  return %new : tensor<3xi32>
}
