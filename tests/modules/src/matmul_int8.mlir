// flavours: inline-static vmvx
// call: @mm tensor<6x8xi8>=#1:-128:128 tensor<8x5xi8>=#2:-128:128

func.func @mm(%a: tensor<6x8xi8>, %b: tensor<8x5xi8>) -> tensor<6x5xi32> {
  %zero = arith.constant 0 : i32
  %init = tensor.empty() : tensor<6x5xi32>
  %acc = linalg.fill ins(%zero : i32) outs(%init : tensor<6x5xi32>) -> tensor<6x5xi32>
  %r = linalg.matmul ins(%a, %b : tensor<6x8xi8>, tensor<8x5xi8>) outs(%acc : tensor<6x5xi32>) -> tensor<6x5xi32>
  return %r : tensor<6x5xi32>
}
