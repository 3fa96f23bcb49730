// What the HAL does between kernels: dynamic shapes, fills, copies, state, loops on read-back values, several results.

func.func @halve(%x: tensor<4xf32>) -> tensor<4xf32> {
  %half = arith.constant dense<0.5> : tensor<4xf32>
  %r = arith.mulf %x, %half : tensor<4xf32>
  return %r : tensor<4xf32>
}

func.func @add(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %r = arith.addf %a, %b : tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func @mm(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %a, %c0 : tensor<?x?xf32>
  %n = tensor.dim %b, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  %r = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>) outs(%f : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

func.func @mm_i8(%a: tensor<9x20xi8>, %b: tensor<20x11xi8>) -> tensor<9x11xi32> {
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<9x11xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<9x11xi32>) -> tensor<9x11xi32>
  %r = linalg.matmul ins(%a, %b : tensor<9x20xi8>, tensor<20x11xi8>) outs(%f : tensor<9x11xi32>) -> tensor<9x11xi32>
  return %r : tensor<9x11xi32>
}

func.func @square_f64(%x: tensor<?xf64>) -> tensor<?xf64> {
  %r = arith.mulf %x, %x : tensor<?xf64>
  return %r : tensor<?xf64>
}

func.func @both(%x: tensor<8xi32>) -> (tensor<8xi32>, tensor<8xi1>, i32) {
  %c = arith.constant dense<3> : tensor<8xi32>
  %seven = arith.constant 7 : i32
  %r = arith.muli %x, %c : tensor<8xi32>
  %p = arith.cmpi sgt, %r, %c : tensor<8xi32>
  return %r, %p, %seven : tensor<8xi32>, tensor<8xi1>, i32
}

func.func @join(%a: tensor<2x3xi16>, %b: tensor<2x3xi16>) -> tensor<6x3xi16> {
  %e = arith.constant dense<-5> : tensor<6x3xi16>
  %c = tensor.insert_slice %a into %e[0, 0] [2, 3] [1, 1] : tensor<2x3xi16> into tensor<6x3xi16>
  %d = tensor.insert_slice %b into %c[3, 0] [2, 3] [1, 1] : tensor<2x3xi16> into tensor<6x3xi16>
  return %d : tensor<6x3xi16>
}

func.func @splat(%n: index, %v: f32) -> tensor<?xf32> {
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.fill ins(%v : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}

// Doubles until the first element is above the limit: a condition that the host reads back.
func.func @grow(%x: tensor<4xf32>, %limit: f32) -> (tensor<4xf32>, i32) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %r:2 = scf.while (%t = %x, %k = %zero) : (tensor<4xf32>, i32) -> (tensor<4xf32>, i32) {
    %first = tensor.extract %t[%c0] : tensor<4xf32>
    %more = arith.cmpf olt, %first, %limit : f32
    scf.condition(%more) %t, %k : tensor<4xf32>, i32
  } do {
  ^bb0(%t: tensor<4xf32>, %k: i32):
    %d = arith.addf %t, %t : tensor<4xf32>
    %n = arith.addi %k, %one : i32
    scf.yield %d, %n : tensor<4xf32>, i32
  }
  return %r#0, %r#1 : tensor<4xf32>, i32
}

util.global private mutable @sum = dense<0.0> : tensor<4xf32>

func.func @accumulate(%x: tensor<4xf32>) -> tensor<4xf32> {
  %s = util.global.load @sum : tensor<4xf32>
  %r = arith.addf %s, %x : tensor<4xf32>
  util.global.store %r, @sum : tensor<4xf32>
  return %r : tensor<4xf32>
}

func.func @same(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// Many workgroups, of which some fail when the shapes do not fit.
func.func @outer(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?x?xf32> {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %a, %c0 : tensor<?xf32>
  %n = tensor.dim %b, %c0 : tensor<?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>,
      affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %p = arith.mulf %x, %y : f32
    %q = math.exp %p : f32
    linalg.yield %q : f32
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
