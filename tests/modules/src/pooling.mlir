// flavours: inline-static
// call: @max tensor<1x8x8x3xf32>=#1
// call: @mean tensor<1x8x8x3xf32>=#2

func.func @max(%image: tensor<1x8x8x3xf32>) -> tensor<1x4x4x3xf32> {
  %low = arith.constant 0xFF800000 : f32
  %window = tensor.empty() : tensor<2x2xf32>
  %init = tensor.empty() : tensor<1x4x4x3xf32>
  %acc = linalg.fill ins(%low : f32) outs(%init : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  %r = linalg.pooling_nhwc_max {dilations = dense<1> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
    ins(%image, %window : tensor<1x8x8x3xf32>, tensor<2x2xf32>) outs(%acc : tensor<1x4x4x3xf32>) -> tensor<1x4x4x3xf32>
  return %r : tensor<1x4x4x3xf32>
}

func.func @mean(%image: tensor<1x8x8x3xf32>) -> tensor<1x6x6x3xf32> {
  %zero = arith.constant 0.0 : f32
  %ninth = arith.constant dense<0.111111111> : tensor<1x6x6x3xf32>
  %window = tensor.empty() : tensor<3x3xf32>
  %init = tensor.empty() : tensor<1x6x6x3xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<1x6x6x3xf32>) -> tensor<1x6x6x3xf32>
  %sum = linalg.pooling_nhwc_sum {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
    ins(%image, %window : tensor<1x8x8x3xf32>, tensor<3x3xf32>) outs(%acc : tensor<1x6x6x3xf32>) -> tensor<1x6x6x3xf32>
  %r = arith.mulf %sum, %ninth : tensor<1x6x6x3xf32>
  return %r : tensor<1x6x6x3xf32>
}
