// flavours: vm
// call: @has_extra
// call: @extra_or i32=5
// call: @always i32=5

// Imports that no host provides: the program asks before it calls.
vm.module @optional_import {
  vm.import private optional @host.extra(%x: i32) -> i32
  vm.import private optional @host.extra_many(%x: i32, %rest: i64 ...) -> i64

  vm.export @has_extra
  vm.func @has_extra() -> (i32, i32) {
    %a = vm.import.resolved @host.extra : i32
    %b = vm.import.resolved @host.extra_many : i32
    vm.return %a, %b : i32, i32
  }
  vm.export @extra_or
  vm.func @extra_or(%x: i32) -> i32 {
    %a = vm.import.resolved @host.extra : i32
    vm.cond_br %a, ^call, ^none
  ^call:
    %r = vm.call @host.extra(%x) : (i32) -> i32
    vm.return %r : i32
  ^none:
    %c1 = vm.const.i32 1
    %s = vm.add.i32 %x, %c1 : i32
    vm.return %s : i32
  }
  vm.export @always
  vm.func @always(%x: i32) -> i32 {
    %r = vm.call @host.extra(%x) : (i32) -> i32
    vm.return %r : i32
  }
}
