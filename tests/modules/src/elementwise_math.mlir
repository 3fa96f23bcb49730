// flavours: inline-static vmvx
// libm
// call: @activations tensor<32xf32>=#1

func.func @activations(%x: tensor<32xf32>) -> (tensor<32xf32>, tensor<32xf32>, tensor<32xf32>) {
  %one = arith.constant dense<1.0> : tensor<32xf32>
  %t = math.tanh %x : tensor<32xf32>
  %n = arith.negf %x : tensor<32xf32>
  %e = math.exp %n : tensor<32xf32>
  %d = arith.addf %one, %e : tensor<32xf32>
  %s = arith.divf %one, %d : tensor<32xf32>
  %f = math.erf %x : tensor<32xf32>
  return %t, %s, %f : tensor<32xf32>, tensor<32xf32>, tensor<32xf32>
}
