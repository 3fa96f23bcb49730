module @parameters {
  util.global private @w = #flow.parameter.named<"model"::"w"> : tensor<4x4xf32>
  util.global private @b = #flow.parameter.named<"model"::"b"> : tensor<4xf32>
  util.global private mutable @s = #flow.parameter.named<"model"::"s"> : tensor<4xf32>
  func.func @step(%x: tensor<4xf32>) -> tensor<4xf32> {
    %w = util.global.load @w : tensor<4x4xf32>
    %b = util.global.load @b : tensor<4xf32>
    %s = util.global.load @s : tensor<4xf32>
    %r = linalg.matvec ins(%w, %x : tensor<4x4xf32>, tensor<4xf32>) outs(%b : tensor<4xf32>) -> tensor<4xf32>
    %q = arith.addf %r, %s : tensor<4xf32>
    util.global.store %q, @s : tensor<4xf32>
    return %q : tensor<4xf32>
  }
}
