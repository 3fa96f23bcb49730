// flavours: inline-static vmvx
// call: @add tensor<5xf32>=#1 tensor<5xf32>=#2
// call: @add tensor<1xf32>=#1 tensor<1xf32>=#2
// call: @add tensor<0xf32>=#1 tensor<0xf32>=#2
// call: @mm tensor<3x4xf32>=#1 tensor<4x2xf32>=#2
// call: @mm tensor<9x1xf32>=#1 tensor<1x7xf32>=#2
// call: @add tensor<5xi32>=#1 tensor<5xf32>=#2

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
  %init = tensor.empty(%m, %n) : tensor<?x?xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  %r = linalg.matmul ins(%a, %b : tensor<?x?xf32>, tensor<?x?xf32>) outs(%acc : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}
