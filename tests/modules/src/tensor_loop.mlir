// flavours: inline-static
// call: @power_iteration tensor<4x4xf32>=#1 tensor<4xf32>=#2 i32=5
// call: @power_iteration tensor<4x4xf32>=#1 tensor<4xf32>=#2 i32=0
// call: @relax tensor<16xf32>=#3

// A tensor carried through a counted loop.
func.func @power_iteration(%a: tensor<4x4xf32>, %x: tensor<4xf32>, %n: i32) -> tensor<4xf32> {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<4xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%v = %x) -> (tensor<4xf32>) : i32 {
    %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<4xf32>) -> tensor<4xf32>
    %w = linalg.matvec ins(%a, %v : tensor<4x4xf32>, tensor<4xf32>) outs(%acc : tensor<4xf32>) -> tensor<4xf32>
    scf.yield %w : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// Halves until the first element is small: the condition reads the tensor.
func.func @relax(%x: tensor<16xf32>) -> tensor<16xf32> {
  %c0 = arith.constant 0 : index
  %half = arith.constant dense<0.5> : tensor<16xf32>
  %small = arith.constant 1.0e-3 : f32
  %r = scf.while (%v = %x) : (tensor<16xf32>) -> tensor<16xf32> {
    %e = tensor.extract %v[%c0] : tensor<16xf32>
    %abs = math.absf %e : f32
    %more = arith.cmpf ogt, %abs, %small : f32
    scf.condition(%more) %v : tensor<16xf32>
  } do {
  ^bb0(%v: tensor<16xf32>):
    %w = arith.mulf %v, %half : tensor<16xf32>
    scf.yield %w : tensor<16xf32>
  }
  return %r : tensor<16xf32>
}
