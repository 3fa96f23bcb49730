// flavours: vm
// call: @squares i32=10
// call: @squares i32=0
// call: @wide i64=0x500000000
// call: @floats f32=1.5
// call: @doubles f64=2.25
// call: @out_of_range i32=3
// call: @out_of_range i32=4
// call: @out_of_range i32=-1
// call: @null_list
// call: @shrink_and_grow
// call: @convert i64=-4294967295
// call: @reserve i32=100

vm.module @lists {
  vm.export @squares
  vm.func @squares(%n: i32) -> (i32, i32) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %list = vm.list.alloc %n : (i32) -> !vm.list<i32>
    vm.list.resize %list, %n : (!vm.list<i32>, i32)
    vm.br ^fill(%c0 : i32)
  ^fill(%i: i32):
    %more = vm.cmp.lt.i32.s %i, %n : i32
    vm.cond_br %more, ^put, ^sum(%c0, %c0 : i32, i32)
  ^put:
    %sq = vm.mul.i32 %i, %i : i32
    vm.list.set.i32 %list, %i, %sq : (!vm.list<i32>, i32, i32)
    %i1 = vm.add.i32 %i, %c1 : i32
    vm.br ^fill(%i1 : i32)
  ^sum(%j: i32, %acc: i32):
    %rest = vm.cmp.lt.i32.s %j, %n : i32
    vm.cond_br %rest, ^get, ^end
  ^get:
    %v = vm.list.get.i32 %list, %j : (!vm.list<i32>, i32) -> i32
    %acc1 = vm.add.i32 %acc, %v : i32
    %j1 = vm.add.i32 %j, %c1 : i32
    vm.br ^sum(%j1, %acc1 : i32, i32)
  ^end:
    %size = vm.list.size %list : (!vm.list<i32>) -> i32
    vm.return %acc, %size : i32, i32
  }

  vm.export @wide
  vm.func @wide(%x: i64) -> (i64, i64) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c2 = vm.const.i32 2
    %list = vm.list.alloc %c2 : (i32) -> !vm.list<i64>
    vm.list.resize %list, %c2 : (!vm.list<i64>, i32)
    vm.list.set.i64 %list, %c1, %x : (!vm.list<i64>, i32, i64)
    %a = vm.list.get.i64 %list, %c0 : (!vm.list<i64>, i32) -> i64
    %b = vm.list.get.i64 %list, %c1 : (!vm.list<i64>, i32) -> i64
    vm.return %a, %b : i64, i64
  }

  vm.export @floats
  vm.func @floats(%x: f32) -> f32 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %list = vm.list.alloc %c1 : (i32) -> !vm.list<f32>
    vm.list.resize %list, %c1 : (!vm.list<f32>, i32)
    vm.list.set.f32 %list, %c0, %x : (!vm.list<f32>, i32, f32)
    %a = vm.list.get.f32 %list, %c0 : (!vm.list<f32>, i32) -> f32
    vm.return %a : f32
  }

  vm.export @doubles
  vm.func @doubles(%x: f64) -> f64 {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %list = vm.list.alloc %c1 : (i32) -> !vm.list<f64>
    vm.list.resize %list, %c1 : (!vm.list<f64>, i32)
    vm.list.set.f64 %list, %c0, %x : (!vm.list<f64>, i32, f64)
    %a = vm.list.get.f64 %list, %c0 : (!vm.list<f64>, i32) -> f64
    vm.return %a : f64
  }

  vm.export @out_of_range
  vm.func @out_of_range(%i: i32) -> i32 {
    %c4 = vm.const.i32 4
    %list = vm.list.alloc %c4 : (i32) -> !vm.list<i32>
    vm.list.resize %list, %c4 : (!vm.list<i32>, i32)
    %a = vm.list.get.i32 %list, %i : (!vm.list<i32>, i32) -> i32
    vm.return %a : i32
  }

  vm.export @null_list
  vm.func @null_list() -> i32 {
    %list = vm.const.ref.zero : !vm.list<i32>
    %a = vm.list.size %list : (!vm.list<i32>) -> i32
    vm.return %a : i32
  }

  // Elements that come back after a shrink are zero.
  vm.export @shrink_and_grow
  vm.func @shrink_and_grow() -> (i32, i32) {
    %c0 = vm.const.i32 0
    %c1 = vm.const.i32 1
    %c3 = vm.const.i32 3
    %c7 = vm.const.i32 7
    %list = vm.list.alloc %c0 : (i32) -> !vm.list<i32>
    vm.list.resize %list, %c3 : (!vm.list<i32>, i32)
    vm.list.set.i32 %list, %c0, %c7 : (!vm.list<i32>, i32, i32)
    vm.list.set.i32 %list, %c1, %c7 : (!vm.list<i32>, i32, i32)
    vm.list.resize %list, %c1 : (!vm.list<i32>, i32)
    vm.list.resize %list, %c3 : (!vm.list<i32>, i32)
    %a = vm.list.get.i32 %list, %c0 : (!vm.list<i32>, i32) -> i32
    %b = vm.list.get.i32 %list, %c1 : (!vm.list<i32>, i32) -> i32
    vm.return %a, %b : i32, i32
  }

  // A value stored as i64 in a list of bytes is cut to eight bits and read back with its sign.
  vm.export @convert
  vm.func @convert(%x: i64) -> (i32, i64) {
    %c0 = vm.const.i32 0
    %c2 = vm.const.i32 2
    %c1 = vm.const.i32 1
    %c300 = vm.const.i32 200
    %list = vm.list.alloc %c2 : (i32) -> !vm.list<i8>
    vm.list.resize %list, %c2 : (!vm.list<i8>, i32)
    vm.list.set.i64 %list, %c0, %x : (!vm.list<i8>, i32, i64)
    vm.list.set.i32 %list, %c1, %c300 : (!vm.list<i8>, i32, i32)
    %a = vm.list.get.i32 %list, %c0 : (!vm.list<i8>, i32) -> i32
    %b = vm.list.get.i64 %list, %c1 : (!vm.list<i8>, i32) -> i64
    vm.return %a, %b : i32, i64
  }

  vm.export @reserve
  vm.func @reserve(%n: i32) -> i32 {
    %c0 = vm.const.i32 0
    %list = vm.list.alloc %c0 : (i32) -> !vm.list<i32>
    vm.list.reserve %list, %n : (!vm.list<i32>, i32)
    %a = vm.list.size %list : (!vm.list<i32>) -> i32
    vm.return %a : i32
  }
}
