// flavours: vm
// call: @mixed i32=1 i32=-2 f32=1.5
// call: @wide i32=7 i64=0x100000001 i64=-9
// call: @doubles f64=1.25 i32=4
// call: @pass_ref i32=5
// call: @many i32=1
// call: @chain i64=5

// Arguments and results of every register class through internal calls.
vm.module @calls {
  vm.export @mixed
  vm.func @mixed(%a: i32, %b: i32, %x: f32) -> (i32, f32, i32) {
    %0:3 = vm.call @mix(%b, %x, %a) : (i32, f32, i32) -> (f32, i32, i32)
    %y = vm.add.f32 %0#0, %x : f32
    vm.return %0#1, %y, %0#2 : i32, f32, i32
  }
  vm.func private @mix(%b: i32, %x: f32, %a: i32) -> (f32, i32, i32) attributes {inlining_policy = #util.inline.never} {
    %y = vm.cast.si32.f32 %b : i32 -> f32
    %z = vm.mul.f32 %x, %y : f32
    %s = vm.sub.i32 %a, %b : i32
    vm.return %z, %s, %b : f32, i32, i32
  }

  vm.export @wide
  vm.func @wide(%a: i32, %x: i64, %y: i64) -> (i64, i32, i64) {
    %0:3 = vm.call @widen(%a, %x, %y) : (i32, i64, i64) -> (i64, i32, i64)
    vm.return %0#0, %0#1, %0#2 : i64, i32, i64
  }
  vm.func private @widen(%a: i32, %x: i64, %y: i64) -> (i64, i32, i64) attributes {inlining_policy = #util.inline.never} {
    %w = vm.ext.i32.i64.s %a : i32 -> i64
    %s = vm.fma.i64 %w, %x, %y : i64
    %t = vm.trunc.i64.i32 %y : i64 -> i32
    vm.return %s, %t, %x : i64, i32, i64
  }

  vm.export @doubles
  vm.func @doubles(%x: f64, %n: i32) -> f64 {
    %r = vm.call @power(%n, %x) : (i32, f64) -> f64
    vm.return %r : f64
  }
  vm.func private @power(%n: i32, %x: f64) -> f64 attributes {inlining_policy = #util.inline.never} {
    %one = vm.const.f64 1.0
    %c1 = vm.const.i32 1
    vm.br ^loop(%n, %one : i32, f64)
  ^loop(%i: i32, %p: f64):
    %q = vm.mul.f64 %p, %x : f64
    %j = vm.sub.i32 %i, %c1 : i32
    vm.cond_br %i, ^loop(%j, %q : i32, f64), ^end
  ^end:
    vm.return %p : f64
  }

  vm.export @pass_ref
  vm.func @pass_ref(%n: i32) -> (i32, i64) {
    %c16 = vm.const.i32 16
    %len = vm.ext.i32.i64.s %n : i32 -> i64
    %b = vm.buffer.alloc %len, %c16 : !vm.buffer
    %0:2 = vm.call @touch(%n, %b) : (i32, !vm.buffer) -> (!vm.buffer, i32)
    %same = vm.cmp.eq.ref %0#0, %b : !vm.buffer
    %s = vm.add.i32 %same, %0#1 : i32
    %l = vm.buffer.length %0#0 : !vm.buffer -> i64
    vm.return %s, %l : i32, i64
  }
  vm.func private @touch(%n: i32, %b: !vm.buffer) -> (!vm.buffer, i32) attributes {inlining_policy = #util.inline.never} {
    %z = vm.const.i64 0
    vm.buffer.store.i8 %n, %b[%z] : i32 -> !vm.buffer
    %v = vm.buffer.load.i8.s %b[%z] : !vm.buffer -> i32
    vm.return %b, %v : !vm.buffer, i32
  }

  vm.export @many
  vm.func @many(%a: i32) -> (i32, i32, i32, i32, i32, i32, i32, i32) {
    %0:8 = vm.call @spread(%a, %a, %a, %a, %a, %a, %a, %a) : (i32, i32, i32, i32, i32, i32, i32, i32) -> (i32, i32, i32, i32, i32, i32, i32, i32)
    vm.return %0#7, %0#6, %0#5, %0#4, %0#3, %0#2, %0#1, %0#0 : i32, i32, i32, i32, i32, i32, i32, i32
  }
  vm.func private @spread(%a: i32, %b: i32, %c: i32, %d: i32, %e: i32, %f: i32, %g: i32, %h: i32) -> (i32, i32, i32, i32, i32, i32, i32, i32) attributes {inlining_policy = #util.inline.never} {
    %0 = vm.add.i32 %a, %b : i32
    %1 = vm.add.i32 %0, %c : i32
    %2 = vm.add.i32 %1, %d : i32
    %3 = vm.add.i32 %2, %e : i32
    %4 = vm.add.i32 %3, %f : i32
    %5 = vm.add.i32 %4, %g : i32
    %6 = vm.add.i32 %5, %h : i32
    vm.return %a, %0, %1, %2, %3, %4, %5, %6 : i32, i32, i32, i32, i32, i32, i32, i32
  }

  vm.export @chain
  vm.func @chain(%x: i64) -> i64 {
    %0 = vm.call @step(%x) : (i64) -> i64
    %1 = vm.call @step(%0) : (i64) -> i64
    %2 = vm.call @step(%1) : (i64) -> i64
    vm.return %2 : i64
  }
  vm.func private @step(%x: i64) -> i64 attributes {inlining_policy = #util.inline.never} {
    %c3 = vm.const.i64 3
    %c7 = vm.const.i64 7
    %r = vm.fma.i64 %x, %c3, %c7 : i64
    vm.return %r : i64
  }
}
