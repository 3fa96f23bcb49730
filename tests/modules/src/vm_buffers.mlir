// flavours: vm
// call: @widths i32=-2 i64=-3
// call: @floats f32=0.1 f64=0.1
// call: @fills i32=0x01020384
// call: @clone_is_separate
// call: @copy_window i64=2 i64=4
// call: @copy_window i64=6 i64=4
// call: @compare i64=0 i64=4
// call: @compare i64=1 i64=4
// call: @compare i64=8 i64=0
// call: @compare i64=8 i64=1
// call: @hash i64=0 i64=0
// call: @hash i64=0 i64=9
// call: @load_at i64=3
// call: @load_at i64=4
// call: @store_into_constant
// call: @null_buffer
// call: @bad_alignment i32=3
// call: @bad_alignment i32=64
// call: @empty

vm.module @buffers {
  vm.rodata private @digits dense<[0, 1, 2, 3, 0, 1, 2, 3, 9]> : tensor<9xi8>

  vm.export @widths
  vm.func @widths(%x: i32, %y: i64) -> (i32, i32, i32, i32, i32, i64) {
    %c8 = vm.const.i32 8
    %n = vm.const.i64 32
    %i0 = vm.const.i64 0
    %i2 = vm.const.i64 2
    %i3 = vm.const.i64 3
    %b = vm.buffer.alloc %n, %c8 : !vm.buffer
    vm.buffer.store.i8 %x, %b[%i0] : i32 -> !vm.buffer
    vm.buffer.store.i16 %x, %b[%i2] : i32 -> !vm.buffer
    vm.buffer.store.i32 %x, %b[%i2] : i32 -> !vm.buffer
    vm.buffer.store.i64 %y, %b[%i3] : i64 -> !vm.buffer
    %0 = vm.buffer.load.i8.u %b[%i0] : !vm.buffer -> i32
    %1 = vm.buffer.load.i8.s %b[%i0] : !vm.buffer -> i32
    %2 = vm.buffer.load.i16.u %b[%i2] : !vm.buffer -> i32
    %3 = vm.buffer.load.i16.s %b[%i3] : !vm.buffer -> i32
    %4 = vm.buffer.load.i32 %b[%i2] : !vm.buffer -> i32
    %5 = vm.buffer.load.i64 %b[%i3] : !vm.buffer -> i64
    vm.return %0, %1, %2, %3, %4, %5 : i32, i32, i32, i32, i32, i64
  }

  vm.export @floats
  vm.func @floats(%x: f32, %y: f64) -> (f32, f64, i32) {
    %c8 = vm.const.i32 8
    %n = vm.const.i64 24
    %i1 = vm.const.i64 1
    %i2 = vm.const.i64 2
    %b = vm.buffer.alloc %n, %c8 : !vm.buffer
    vm.buffer.store.f32 %x, %b[%i1] : f32 -> !vm.buffer
    vm.buffer.store.f64 %y, %b[%i2] : f64 -> !vm.buffer
    %0 = vm.buffer.load.f32 %b[%i1] : !vm.buffer -> f32
    %1 = vm.buffer.load.f64 %b[%i2] : !vm.buffer -> f64
    %2 = vm.buffer.load.i32 %b[%i1] : !vm.buffer -> i32
    vm.return %0, %1, %2 : f32, f64, i32
  }

  vm.export @fills
  vm.func @fills(%x: i32) -> (i64, i64, i64, i64) {
    %c8 = vm.const.i32 8
    %n = vm.const.i64 32
    %i0 = vm.const.i64 0
    %i1 = vm.const.i64 1
    %i2 = vm.const.i64 2
    %i3 = vm.const.i64 3
    %i5 = vm.const.i64 5
    %b = vm.buffer.alloc %n, %c8 : !vm.buffer
    vm.buffer.fill.i8 %b, %i1, %i5, %x : i32 -> !vm.buffer
    vm.buffer.fill.i16 %b, %i5, %i2, %x : i32 -> !vm.buffer
    vm.buffer.fill.i32 %b, %i5, %i1, %x : i32 -> !vm.buffer
    %w = vm.ext.i32.i64.s %x : i32 -> i64
    vm.buffer.fill.i64 %b, %i3, %i1, %w : i64 -> !vm.buffer
    %0 = vm.buffer.load.i64 %b[%i0] : !vm.buffer -> i64
    %1 = vm.buffer.load.i64 %b[%i1] : !vm.buffer -> i64
    %2 = vm.buffer.load.i64 %b[%i2] : !vm.buffer -> i64
    %3 = vm.buffer.load.i64 %b[%i3] : !vm.buffer -> i64
    vm.return %0, %1, %2, %3 : i64, i64, i64, i64
  }

  vm.export @clone_is_separate
  vm.func @clone_is_separate() -> (i32, i32, i64) {
    %c1 = vm.const.i32 1
    %c7 = vm.const.i32 7
    %i1 = vm.const.i64 1
    %i4 = vm.const.i64 4
    %d = vm.const.ref.rodata @digits : !vm.buffer
    %b = vm.buffer.clone %d, %i1, %i4, %c1 : !vm.buffer -> !vm.buffer
    vm.buffer.store.i8 %c7, %b[%i1] : i32 -> !vm.buffer
    %0 = vm.buffer.load.i8.u %b[%i1] : !vm.buffer -> i32
    %at = vm.const.i64 2
    %1 = vm.buffer.load.i8.u %d[%at] : !vm.buffer -> i32
    %2 = vm.buffer.length %b : !vm.buffer -> i64
    vm.return %0, %1, %2 : i32, i32, i64
  }

  vm.export @copy_window
  vm.func @copy_window(%at: i64, %n: i64) -> i64 {
    %c8 = vm.const.i32 8
    %i0 = vm.const.i64 0
    %len = vm.const.i64 8
    %d = vm.const.ref.rodata @digits : !vm.buffer
    %b = vm.buffer.alloc %len, %c8 : !vm.buffer
    vm.buffer.copy %d, %i0, %b, %at, %n : !vm.buffer -> !vm.buffer
    %r = vm.buffer.load.i64 %b[%i0] : !vm.buffer -> i64
    vm.return %r : i64
  }

  vm.export @compare
  vm.func @compare(%at: i64, %n: i64) -> i32 {
    %i4 = vm.const.i64 4
    %d = vm.const.ref.rodata @digits : !vm.buffer
    %r = vm.buffer.compare %d, %at, %d, %i4, %n : !vm.buffer, !vm.buffer
    vm.return %r : i32
  }

  vm.export @hash
  vm.func @hash(%at: i64, %n: i64) -> i64 {
    %d = vm.const.ref.rodata @digits : !vm.buffer
    %r = vm.buffer.hash %d, %at, %n : !vm.buffer -> i64
    vm.return %r : i64
  }

  vm.export @load_at
  vm.func @load_at(%i: i64) -> i32 {
    %c4 = vm.const.i32 4
    %n = vm.const.i64 16
    %b = vm.buffer.alloc %n, %c4 : !vm.buffer
    %r = vm.buffer.load.i32 %b[%i] : !vm.buffer -> i32
    vm.return %r : i32
  }

  vm.export @store_into_constant
  vm.func @store_into_constant() {
    %c1 = vm.const.i32 1
    %i0 = vm.const.i64 0
    %d = vm.const.ref.rodata @digits : !vm.buffer
    vm.buffer.store.i8 %c1, %d[%i0] : i32 -> !vm.buffer
    vm.return
  }

  vm.export @null_buffer
  vm.func @null_buffer() -> i64 {
    %b = vm.const.ref.zero : !vm.buffer
    %r = vm.buffer.length %b : !vm.buffer -> i64
    vm.return %r : i64
  }

  vm.export @bad_alignment
  vm.func @bad_alignment(%align: i32) -> i64 {
    %n = vm.const.i64 5
    %b = vm.buffer.alloc %n, %align : !vm.buffer
    %r = vm.buffer.length %b : !vm.buffer -> i64
    vm.return %r : i64
  }

  vm.export @empty
  vm.func @empty() -> (i64, i32) {
    %c1 = vm.const.i32 1
    %n = vm.const.i64 0
    %b = vm.buffer.alloc %n, %c1 : !vm.buffer
    %r = vm.buffer.length %b : !vm.buffer -> i64
    %nz = vm.cmp.nz.ref %b : !vm.buffer
    vm.return %r, %nz : i64, i32
  }
}
