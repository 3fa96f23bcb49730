// Functions that take and give numbers beside arrays.
func.func @axpy(%a: f32, %x: tensor<37xf32>, %y: tensor<37xf32>) -> tensor<37xf32> {
  %init = tensor.empty() : tensor<37xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
    ins(%x, %y : tensor<37xf32>, tensor<37xf32>) outs(%init : tensor<37xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %m = arith.mulf %a, %p : f32
    %s = arith.addf %m, %q : f32
    linalg.yield %s : f32
  } -> tensor<37xf32>
  return %r : tensor<37xf32>
}
func.func @splat(%v: f32, %w: i8) -> (tensor<4x9xf32>, tensor<13xi8>, tensor<5xi16>) {
  %er = tensor.empty() : tensor<4x9xf32>
  %r = linalg.fill ins(%v : f32) outs(%er : tensor<4x9xf32>) -> tensor<4x9xf32>
  %es = tensor.empty() : tensor<13xi8>
  %s = linalg.fill ins(%w : i8) outs(%es : tensor<13xi8>) -> tensor<13xi8>
  %e = arith.extsi %w : i8 to i16
  %et = tensor.empty() : tensor<5xi16>
  %t = linalg.fill ins(%e : i16) outs(%et : tensor<5xi16>) -> tensor<5xi16>
  return %r, %s, %t : tensor<4x9xf32>, tensor<13xi8>, tensor<5xi16>
}
func.func @splat64(%v: i64, %d: f64) -> (tensor<7xi64>, tensor<3xf64>) {
  %er = tensor.empty() : tensor<7xi64>
  %r = linalg.fill ins(%v : i64) outs(%er : tensor<7xi64>) -> tensor<7xi64>
  %es = tensor.empty() : tensor<3xf64>
  %s = linalg.fill ins(%d : f64) outs(%es : tensor<3xf64>) -> tensor<3xf64>
  return %r, %s : tensor<7xi64>, tensor<3xf64>
}
func.func @dot(%x: tensor<50xf32>, %y: tensor<50xf32>, %n: i32) -> (f32, i32) {
  %z = arith.constant dense<0.0> : tensor<f32>
  %r = linalg.dot ins(%x, %y : tensor<50xf32>, tensor<50xf32>) outs(%z : tensor<f32>) -> tensor<f32>
  %v = tensor.extract %r[] : tensor<f32>
  %one = arith.constant 1 : i32
  %m = arith.addi %n, %one : i32
  return %v, %m : f32, i32
}
func.func @gemm(%alpha: f32, %beta: i32, %a: tensor<17x33xf32>, %b: tensor<33x20xf32>) -> tensor<17x20xf32> {
  %bf = arith.sitofp %beta : i32 to f32
  %init = tensor.empty() : tensor<17x20xf32>
  %c0 = arith.constant 0.0 : f32
  %z = linalg.fill ins(%c0 : f32) outs(%init : tensor<17x20xf32>) -> tensor<17x20xf32>
  %c = linalg.matmul ins(%a, %b : tensor<17x33xf32>, tensor<33x20xf32>) outs(%z : tensor<17x20xf32>) -> tensor<17x20xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
    ins(%c : tensor<17x20xf32>) outs(%init : tensor<17x20xf32>) {
  ^bb0(%p: f32, %o: f32):
    %m = arith.mulf %alpha, %p : f32
    %s = arith.addf %m, %bf : f32
    linalg.yield %s : f32
  } -> tensor<17x20xf32>
  return %r : tensor<17x20xf32>
}
