// flavours: inline-static
// call: @concat tensor<2x3xf32>=#1 tensor<2x3xf32>=#2
// call: @every_second tensor<8x6xf32>=#3
// call: @pad tensor<2x3xf32>=#4
// call: @gather tensor<6x4xf32>=#5 tensor<5xi32>=#6:0:6
// call: @window tensor<10xf32>=#7 i64=3

func.func @concat(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) -> tensor<4x3xf32> {
  %init = tensor.empty() : tensor<4x3xf32>
  %0 = tensor.insert_slice %a into %init[0, 0] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<4x3xf32>
  %1 = tensor.insert_slice %b into %0[2, 0] [2, 3] [1, 1] : tensor<2x3xf32> into tensor<4x3xf32>
  return %1 : tensor<4x3xf32>
}

func.func @every_second(%x: tensor<8x6xf32>) -> tensor<4x3xf32> {
  %r = tensor.extract_slice %x[1, 0] [4, 3] [2, 2] : tensor<8x6xf32> to tensor<4x3xf32>
  return %r : tensor<4x3xf32>
}

func.func @pad(%x: tensor<2x3xf32>) -> tensor<4x6xf32> {
  %v = arith.constant -1.5 : f32
  %r = tensor.pad %x low[1, 2] high[1, 1] {
  ^bb0(%i: index, %j: index):
    tensor.yield %v : f32
  } : tensor<2x3xf32> to tensor<4x6xf32>
  return %r : tensor<4x6xf32>
}

func.func @gather(%table: tensor<6x4xf32>, %rows: tensor<5xi32>) -> tensor<5x4xf32> {
  %init = tensor.empty() : tensor<5x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%rows : tensor<5xi32>) outs(%init : tensor<5x4xf32>) {
  ^bb0(%row: i32, %o: f32):
    %i = arith.index_cast %row : i32 to index
    %j = linalg.index 1 : index
    %v = tensor.extract %table[%i, %j] : tensor<6x4xf32>
    linalg.yield %v : f32
  } -> tensor<5x4xf32>
  return %r : tensor<5x4xf32>
}

func.func @window(%x: tensor<10xf32>, %at: i64) -> tensor<4xf32> {
  %i = arith.index_cast %at : i64 to index
  %r = tensor.extract_slice %x[%i] [4] [1] : tensor<10xf32> to tensor<4xf32>
  return %r : tensor<4xf32>
}
