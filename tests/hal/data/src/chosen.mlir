// Comparisons whose operands are chosen from: what C compilers take for minima and maxima.
func.func @larger(%a: tensor<900xf32>, %b: tensor<900xf32>) -> tensor<900xf32> {
  %c = arith.cmpf ogt, %a, %b : tensor<900xf32>
  %r = arith.select %c, %a, %b : tensor<900xi1>, tensor<900xf32>
  return %r : tensor<900xf32>
}
func.func @maximum(%a: tensor<900xf32>, %b: tensor<900xf32>) -> tensor<900xf32> {
  %r = arith.maximumf %a, %b : tensor<900xf32>
  return %r : tensor<900xf32>
}
func.func @clip(%a: tensor<900xf32>) -> tensor<900xf32> {
  %low = arith.constant dense<-1.0> : tensor<900xf32>
  %high = arith.constant dense<1.0> : tensor<900xf32>
  %m = arith.maximumf %a, %low : tensor<900xf32>
  %r = arith.minimumf %m, %high : tensor<900xf32>
  return %r : tensor<900xf32>
}
func.func @relu(%a: tensor<900xf32>) -> tensor<900xf32> {
  %zero = arith.constant dense<0.0> : tensor<900xf32>
  %c = arith.cmpf ugt, %a, %zero : tensor<900xf32>
  %r = arith.select %c, %a, %zero : tensor<900xi1>, tensor<900xf32>
  return %r : tensor<900xf32>
}
func.func @smaller_f64(%a: tensor<900xf64>, %b: tensor<900xf64>) -> tensor<900xf64> {
  %c = arith.cmpf ult, %a, %b : tensor<900xf64>
  %r = arith.select %c, %a, %b : tensor<900xi1>, tensor<900xf64>
  return %r : tensor<900xf64>
}
func.func @largest(%a: tensor<30x30xf32>) -> tensor<30xf32> {
  %least = arith.constant dense<0xFF800000> : tensor<30xf32>
  %r = linalg.reduce ins(%a : tensor<30x30xf32>) outs(%least : tensor<30xf32>) dimensions = [0]
    (%x: f32, %y: f32) {
      %c = arith.cmpf ogt, %x, %y : f32
      %m = arith.select %c, %x, %y : f32
      linalg.yield %m : f32
    }
  return %r : tensor<30xf32>
}
