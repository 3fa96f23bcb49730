// flavours: inline-static inline-dynamic vmvx
// call: @small tensor<3x4xf32>=#1 tensor<4x5xf32>=#2
// call: @square tensor<16x16xf32>=#3 tensor<16x16xf32>=#4
// call: @odd tensor<7x13xf32>=#5 tensor<13x9xf32>=#6
// call: @vector tensor<24x8xf32>=#7 tensor<8xf32>=#8

func.func @small(%a: tensor<3x4xf32>, %b: tensor<4x5xf32>) -> tensor<3x5xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<3x5xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<3x5xf32>) -> tensor<3x5xf32>
  %r = linalg.matmul ins(%a, %b : tensor<3x4xf32>, tensor<4x5xf32>) outs(%acc : tensor<3x5xf32>) -> tensor<3x5xf32>
  return %r : tensor<3x5xf32>
}

func.func @square(%a: tensor<16x16xf32>, %b: tensor<16x16xf32>) -> tensor<16x16xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<16x16xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<16x16xf32>) -> tensor<16x16xf32>
  %r = linalg.matmul ins(%a, %b : tensor<16x16xf32>, tensor<16x16xf32>) outs(%acc : tensor<16x16xf32>) -> tensor<16x16xf32>
  return %r : tensor<16x16xf32>
}

func.func @odd(%a: tensor<7x13xf32>, %b: tensor<13x9xf32>) -> tensor<7x9xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<7x9xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<7x9xf32>) -> tensor<7x9xf32>
  %r = linalg.matmul ins(%a, %b : tensor<7x13xf32>, tensor<13x9xf32>) outs(%acc : tensor<7x9xf32>) -> tensor<7x9xf32>
  return %r : tensor<7x9xf32>
}

func.func @vector(%a: tensor<24x8xf32>, %x: tensor<8xf32>) -> tensor<24xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<24xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<24xf32>) -> tensor<24xf32>
  %r = linalg.matvec ins(%a, %x : tensor<24x8xf32>, tensor<8xf32>) outs(%acc : tensor<24xf32>) -> tensor<24xf32>
  return %r : tensor<24xf32>
}
