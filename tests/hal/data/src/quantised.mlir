// A quantised layer: int8 activations and weights with zero points, sums of 32 bits, and back to int8.

func.func @layer(%x: tensor<5x24xi8>) -> tensor<5x10xi8> {
  %w = arith.constant dense<"0x4420823CFDE6F1C26B30F90EC7DD01E4887534A20F0B0D04C36ED80E71E0FD77B07670EB940BD5335F973DAAD8619B91FFC911F57CCED458BBBF2CE03753C9BDFA0FF0169DC9575674066676CFB0B4EB8902C44269DA1CF6BA66D3F8B6D4B100A9EA0E755A5C2E8210242A08E7078F7F89385EB09423555182568B96E8A4FEF23A0C9FC5AFD7608437816BDD0A7309CB4A1252E4DA70E6720FCAA4DA1E98406C189C24279E9851D5814204136FEB5713C166B13269DD63FC35C797FF08A6CD90095066A745ADDB6D8831C2B0F87821142B4456556D89AA82BCADAE3A9578FA4535A414D025C24B40AE3AC127722988BA"> : tensor<24x10xi8>
  %zx = arith.constant 3 : i32
  %zw = arith.constant -2 : i32
  %zero = arith.constant 0 : i32
  %e = tensor.empty() : tensor<5x10xi32>
  %f = linalg.fill ins(%zero : i32) outs(%e : tensor<5x10xi32>) -> tensor<5x10xi32>
  %sums = linalg.quantized_matmul ins(%x, %w, %zx, %zw : tensor<5x24xi8>, tensor<24x10xi8>, i32, i32)
      outs(%f : tensor<5x10xi32>) -> tensor<5x10xi32>
  %scale = arith.constant 0.00171 : f32
  %offset = arith.constant 5.0 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %o = tensor.empty() : tensor<5x10xi8>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%sums : tensor<5x10xi32>) outs(%o : tensor<5x10xi8>) {
  ^bb0(%s: i32, %unused: i8):
    %a = arith.sitofp %s : i32 to f32
    %b = arith.mulf %a, %scale : f32
    %c = math.roundeven %b : f32
    %d = arith.addf %c, %offset : f32
    %g = arith.maximumf %d, %low : f32
    %h = arith.minimumf %g, %high : f32
    %q = arith.fptosi %h : f32 to i8
    linalg.yield %q : i8
  } -> tensor<5x10xi8>
  return %r : tensor<5x10xi8>
}
