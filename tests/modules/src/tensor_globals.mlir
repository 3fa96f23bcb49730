// flavours: inline-static vmvx
// tensors
// call: @step tensor<4xf32>=#1
// call: @read

util.global private mutable @state = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>

func.func @step(%x: tensor<4xf32>) -> tensor<4xf32> {
  %old = util.global.load @state : tensor<4xf32>
  %new = arith.addf %old, %x : tensor<4xf32>
  util.global.store %new, @state : tensor<4xf32>
  return %new : tensor<4xf32>
}

func.func @read() -> tensor<4xf32> {
  %v = util.global.load @state : tensor<4xf32>
  return %v : tensor<4xf32>
}
