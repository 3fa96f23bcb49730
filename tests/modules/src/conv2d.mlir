// flavours: inline-static vmvx
// call: @conv tensor<1x6x6x3xf32>=#1 tensor<3x3x3x4xf32>=#2
// call: @strided tensor<1x9x9x2xf32>=#3 tensor<3x3x2x2xf32>=#4

func.func @conv(%image: tensor<1x6x6x3xf32>, %filter: tensor<3x3x3x4xf32>) -> tensor<1x4x4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %init = tensor.empty() : tensor<1x4x4x4xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<1> : tensor<2xi64>, strides = dense<1> : tensor<2xi64>}
    ins(%image, %filter : tensor<1x6x6x3xf32>, tensor<3x3x3x4xf32>) outs(%acc : tensor<1x4x4x4xf32>) -> tensor<1x4x4x4xf32>
  return %r : tensor<1x4x4x4xf32>
}

// Zero padding, stride 2 and a dilated filter in one.
func.func @strided(%image: tensor<1x9x9x2xf32>, %filter: tensor<3x3x2x2xf32>) -> tensor<1x4x4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %image low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%n: index, %h: index, %w: index, %c: index):
    tensor.yield %zero : f32
  } : tensor<1x9x9x2xf32> to tensor<1x11x11x2xf32>
  %init = tensor.empty() : tensor<1x4x4x2xf32>
  %acc = linalg.fill ins(%zero : f32) outs(%init : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  %r = linalg.conv_2d_nhwc_hwcf {dilations = dense<2> : tensor<2xi64>, strides = dense<2> : tensor<2xi64>}
    ins(%padded, %filter : tensor<1x11x11x2xf32>, tensor<3x3x2x2xf32>) outs(%acc : tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32>
  return %r : tensor<1x4x4x2xf32>
}
