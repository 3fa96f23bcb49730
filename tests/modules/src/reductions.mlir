// flavours: inline-static vmvx
// call: @sum tensor<6x9xf32>=#1
// call: @sum_columns tensor<6x9xf32>=#2
// call: @sum_all tensor<6x9xf32>=#3
// call: @largest tensor<6x9xi32>=#4
// call: @argmax tensor<40xf32>=#5

func.func @sum(%x: tensor<6x9xf32>) -> tensor<6xf32> {
  %zero = arith.constant 0.0 : f32
  %row = tensor.empty() : tensor<6xf32>
  %init = linalg.fill ins(%zero : f32) outs(%row : tensor<6xf32>) -> tensor<6xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<6x9xf32>) outs(%init : tensor<6xf32>) {
  ^bb0(%v: f32, %s: f32):
    %n = arith.addf %s, %v : f32
    linalg.yield %n : f32
  } -> tensor<6xf32>
  return %r : tensor<6xf32>
}

func.func @sum_columns(%x: tensor<6x9xf32>) -> tensor<9xf32> {
  %zero = arith.constant 0.0 : f32
  %row = tensor.empty() : tensor<9xf32>
  %init = linalg.fill ins(%zero : f32) outs(%row : tensor<9xf32>) -> tensor<9xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(j, i) -> (i, j)>, affine_map<(j, i) -> (j)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<6x9xf32>) outs(%init : tensor<9xf32>) {
  ^bb0(%v: f32, %s: f32):
    %n = arith.addf %s, %v : f32
    linalg.yield %n : f32
  } -> tensor<9xf32>
  return %r : tensor<9xf32>
}

func.func @sum_all(%x: tensor<6x9xf32>) -> tensor<f32> {
  %zero = arith.constant 0.0 : f32
  %one = tensor.empty() : tensor<f32>
  %init = linalg.fill ins(%zero : f32) outs(%one : tensor<f32>) -> tensor<f32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
      iterator_types = ["reduction", "reduction"]} ins(%x : tensor<6x9xf32>) outs(%init : tensor<f32>) {
  ^bb0(%v: f32, %s: f32):
    %n = arith.addf %s, %v : f32
    linalg.yield %n : f32
  } -> tensor<f32>
  return %r : tensor<f32>
}

func.func @largest(%x: tensor<6x9xi32>) -> tensor<6xi32> {
  %low = arith.constant -2147483648 : i32
  %row = tensor.empty() : tensor<6xi32>
  %init = linalg.fill ins(%low : i32) outs(%row : tensor<6xi32>) -> tensor<6xi32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i)>],
      iterator_types = ["parallel", "reduction"]} ins(%x : tensor<6x9xi32>) outs(%init : tensor<6xi32>) {
  ^bb0(%v: i32, %s: i32):
    %n = arith.maxsi %s, %v : i32
    linalg.yield %n : i32
  } -> tensor<6xi32>
  return %r : tensor<6xi32>
}

func.func @argmax(%x: tensor<40xf32>) -> (tensor<f32>, tensor<i32>) {
  %low = arith.constant -3.0e38 : f32
  %none = arith.constant -1 : i32
  %a = tensor.empty() : tensor<f32>
  %b = tensor.empty() : tensor<i32>
  %a0 = linalg.fill ins(%low : f32) outs(%a : tensor<f32>) -> tensor<f32>
  %b0 = linalg.fill ins(%none : i32) outs(%b : tensor<i32>) -> tensor<i32>
  %r:2 = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>, affine_map<(i) -> ()>],
      iterator_types = ["reduction"]} ins(%x : tensor<40xf32>) outs(%a0, %b0 : tensor<f32>, tensor<i32>) {
  ^bb0(%v: f32, %m: f32, %at: i32):
    %i = linalg.index 0 : index
    %i32 = arith.index_cast %i : index to i32
    %p = arith.cmpf ogt, %v, %m : f32
    %n = arith.select %p, %v, %m : f32
    %k = arith.select %p, %i32, %at : i32
    linalg.yield %n, %k : f32, i32
  } -> (tensor<f32>, tensor<i32>)
  return %r#0, %r#1 : tensor<f32>, tensor<i32>
}
