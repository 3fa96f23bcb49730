// flavours: vm
// session: @bump ; @bump ; @bump
// session: @read_all
// session: @write_all i32=-1 i64=0x7fffffff00000000 f32=-2.5 f64=1e300 ; @read_all
// session: @log_byte i32=65 ; @log_byte i32=66 ; @log_at i64=1 ; @log_at i64=9
// session: @fails_late i32=0 ; @fails_late i32=1 ; @peek_count

vm.module @globals {
  vm.global.i32 private mutable @count = 10 : i32
  vm.global.i64 private mutable @wide = 0x123456789ABCDEF : i64
  vm.global.f32 private mutable @single = 0.1 : f32
  vm.global.f64 private mutable @double = 0.1 : f64
  vm.global.i32 private @fixed = 77 : i32
  vm.global.i32 private mutable @zero : i32
  vm.global.i32 private mutable @cursor : i32
  vm.global.ref private mutable @log : !vm.buffer

  vm.initializer {
    %n = vm.const.i64 8
    %align = vm.const.i32 16
    %log = vm.buffer.alloc %n, %align : !vm.buffer
    vm.global.store.ref %log, @log : !vm.buffer
    vm.return
  }

  vm.export @bump
  vm.func @bump() -> i32 {
    %c1 = vm.const.i32 1
    %a = vm.global.load.i32 @count : i32
    %b = vm.add.i32 %a, %c1 : i32
    vm.global.store.i32 %b, @count : i32
    vm.return %b : i32
  }
  vm.export @read_all
  vm.func @read_all() -> (i32, i64, f32, f64, i32, i32) {
    %a = vm.global.load.i32 @count : i32
    %b = vm.global.load.i64 @wide : i64
    %c = vm.global.load.f32 @single : f32
    %d = vm.global.load.f64 @double : f64
    %e = vm.global.load.i32 @fixed : i32
    %f = vm.global.load.i32 @zero : i32
    vm.return %a, %b, %c, %d, %e, %f : i32, i64, f32, f64, i32, i32
  }
  vm.export @write_all
  vm.func @write_all(%a: i32, %b: i64, %c: f32, %d: f64) {
    vm.global.store.i32 %a, @count : i32
    vm.global.store.i64 %b, @wide : i64
    vm.global.store.f32 %c, @single : f32
    vm.global.store.f64 %d, @double : f64
    vm.global.store.i32 %a, @zero : i32
    vm.return
  }
  vm.export @log_byte
  vm.func @log_byte(%x: i32) -> i32 {
    %c1 = vm.const.i32 1
    %log = vm.global.load.ref @log : !vm.buffer
    %at = vm.global.load.i32 @cursor : i32
    %at64 = vm.ext.i32.i64.u %at : i32 -> i64
    vm.buffer.store.i8 %x, %log[%at64] : i32 -> !vm.buffer
    %next = vm.add.i32 %at, %c1 : i32
    vm.global.store.i32 %next, @cursor : i32
    vm.return %next : i32
  }
  vm.export @log_at
  vm.func @log_at(%i: i64) -> i32 {
    %log = vm.global.load.ref @log : !vm.buffer
    %x = vm.buffer.load.i8.u %log[%i] : !vm.buffer -> i32
    vm.return %x : i32
  }
  // A failing call keeps what it stored before.
  vm.export @fails_late
  vm.func @fails_late(%status: i32) -> i32 {
    %c1 = vm.const.i32 1
    %a = vm.global.load.i32 @count : i32
    %b = vm.add.i32 %a, %c1 : i32
    vm.global.store.i32 %b, @count : i32
    vm.cond_br %status, ^bad, ^good
  ^bad:
    %code = vm.const.i32 10
    vm.fail %code, "after the store"
  ^good:
    vm.return %b : i32
  }
  vm.export @peek_count
  vm.func @peek_count() -> i32 {
    %a = vm.global.load.i32 @count : i32
    vm.return %a : i32
  }
}
