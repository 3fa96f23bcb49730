// As in toggled, with two such numbers.
util.global private mutable @h0 = dense<0.0> : tensor<1x4xf32>
util.global private mutable @c0 = dense<0.5> : tensor<1x4xf32>
util.global private mutable @h1 = dense<0.0> : tensor<1x6xf32>
util.global private mutable @c1 = dense<1.0> : tensor<1x6xf32>
util.global private mutable @n = 0 : i64
util.global private mutable @m = 5 : i64
func.func @step(%x: tensor<1x4xf32>) -> (tensor<1x6xf32>, tensor<2xi64>) {
  %h = util.global.load @h0 : tensor<1x4xf32>
  %c = util.global.load @c0 : tensor<1x4xf32>
  %g = util.global.load @h1 : tensor<1x6xf32>
  %d = util.global.load @c1 : tensor<1x6xf32>
  %n = util.global.load @n : i64
  %m = util.global.load @m : i64
  %one = arith.constant 1 : i64
  %n1 = arith.maxsi %one, %one : i64
  util.global.store %n1, @n : i64
  util.global.store %n1, @m : i64
  %p = arith.mulf %h, %x : tensor<1x4xf32>
  %q = arith.addf %p, %c : tensor<1x4xf32>
  util.global.store %q, @h0 : tensor<1x4xf32>
  %r = arith.addf %c, %x : tensor<1x4xf32>
  util.global.store %r, @c0 : tensor<1x4xf32>
  %s = arith.mulf %g, %d : tensor<1x6xf32>
  %t = arith.addf %s, %g : tensor<1x6xf32>
  %u = arith.addf %t, %d : tensor<1x6xf32>
  util.global.store %u, @h1 : tensor<1x6xf32>
  util.global.store %t, @c1 : tensor<1x6xf32>
  %nt = tensor.from_elements %n, %m : tensor<2xi64>
  return %u, %nt : tensor<1x6xf32>, tensor<2xi64>
}
func.func @reset() {
  %z = arith.constant dense<0.0> : tensor<1x4xf32>
  %y = arith.constant dense<0.5> : tensor<1x4xf32>
  %w = arith.constant dense<0.0> : tensor<1x6xf32>
  %v = arith.constant dense<1.0> : tensor<1x6xf32>
  %no = arith.constant 0 : i64
  %mo = arith.constant 5 : i64
  util.global.store %mo, @m : i64
  util.global.store %no, @n : i64
  util.global.store %z, @h0 : tensor<1x4xf32>
  util.global.store %y, @c0 : tensor<1x4xf32>
  util.global.store %w, @h1 : tensor<1x6xf32>
  util.global.store %v, @c1 : tensor<1x6xf32>
  return
}
