// LOCAL: results that are one memory, in a tuple and in a list, which the module may keep as well.
func.func @twice(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %y = arith.addf %x, %x : tensor<4xf32>
  return %y, %y : tensor<4xf32>, tensor<4xf32>
}
func.func @same(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) { return %x, %x : tensor<4xf32>, tensor<4xf32> }
func.func @both(%x: !hal.buffer_view) -> !util.list<?> {
  %two = arith.constant 2 : index
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %list = util.list.create %two : !util.list<?>
  util.list.resize %list, %two : !util.list<?>
  util.list.set %list[%zero], %x : !hal.buffer_view -> !util.list<?>
  util.list.set %list[%one], %x : !hal.buffer_view -> !util.list<?>
  return %list : !util.list<?>
}

util.global private mutable @held : !util.list<?>
func.func @hold(%x: !hal.buffer_view) {
  %list = func.call @both(%x) : (!hal.buffer_view) -> !util.list<?>
  util.global.store %list, @held : !util.list<?>
  return
}
func.func @held_list() -> !util.list<?> {
  %list = util.global.load @held : !util.list<?>
  return %list : !util.list<?>
}
