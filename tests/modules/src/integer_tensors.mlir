// flavours: inline-static
// call: @mix tensor<12xi64>=#1 tensor<12xi64>=#2
// call: @iota
// call: @bytes tensor<9xi8>=#3:-128:128
// call: @histogram_bin tensor<20xi16>=#4:-3000:3000
// tensors

func.func @mix(%a: tensor<12xi64>, %b: tensor<12xi64>) -> tensor<12xi64> {
  %c = arith.constant dense<2654435761> : tensor<12xi64>
  %s = arith.constant dense<13> : tensor<12xi64>
  %0 = arith.muli %a, %c : tensor<12xi64>
  %1 = arith.xori %0, %b : tensor<12xi64>
  %2 = arith.shrsi %1, %s : tensor<12xi64>
  %3 = arith.subi %2, %a : tensor<12xi64>
  return %3 : tensor<12xi64>
}

func.func @iota() -> tensor<4x5xi64> {
  %init = tensor.empty() : tensor<4x5xi64>
  %five = arith.constant 5 : i64
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      outs(%init : tensor<4x5xi64>) {
  ^bb0(%o: i64):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %a = arith.index_cast %i : index to i64
    %b = arith.index_cast %j : index to i64
    %c = arith.muli %a, %five : i64
    %d = arith.addi %c, %b : i64
    linalg.yield %d : i64
  } -> tensor<4x5xi64>
  return %r : tensor<4x5xi64>
}

func.func @bytes(%x: tensor<9xi8>) -> tensor<9xi32> {
  %w = arith.extsi %x : tensor<9xi8> to tensor<9xi32>
  %u = arith.extui %x : tensor<9xi8> to tensor<9xi32>
  %c = arith.constant dense<1000> : tensor<9xi32>
  %m = arith.muli %w, %c : tensor<9xi32>
  %r = arith.addi %m, %u : tensor<9xi32>
  return %r : tensor<9xi32>
}

func.func @histogram_bin(%x: tensor<20xi16>) -> tensor<20xi16> {
  %c = arith.constant dense<100> : tensor<20xi16>
  %q = arith.divsi %x, %c : tensor<20xi16>
  %r = arith.remsi %x, %c : tensor<20xi16>
  %z = arith.xori %q, %r : tensor<20xi16>
  return %z : tensor<20xi16>
}
