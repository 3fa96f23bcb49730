// flavours: inline-static
// call: @triangle i32=0 i32=0
// call: @triangle i32=9 i32=4
// call: @triples i32=30
// call: @first_multiple i32=7 i32=100
// call: @first_multiple i32=1000 i32=100

func.func @triangle(%n: i32, %step: i32) -> i64 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %zero = arith.constant 0 : i64
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%acc = %zero) -> (i64) : i32 {
    %inner = scf.for %j = %i to %n step %c1 iter_args(%sum = %acc) -> (i64) : i32 {
      %p = arith.muli %i, %step : i32
      %q = arith.addi %p, %j : i32
      %wide = arith.extsi %q : i32 to i64
      %next = arith.addi %sum, %wide : i64
      scf.yield %next : i64
    }
    scf.yield %inner : i64
  }
  return %r : i64
}

// Pythagorean triples with sides up to n: three loops deep, with conditions inside.
func.func @triples(%n: i32) -> i32 {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %end = arith.addi %n, %c1 : i32
  %r = scf.for %a = %c1 to %end step %c1 iter_args(%x = %c0) -> (i32) : i32 {
    %aa = arith.muli %a, %a : i32
    %rb = scf.for %b = %a to %end step %c1 iter_args(%y = %x) -> (i32) : i32 {
      %bb = arith.muli %b, %b : i32
      %left = arith.addi %aa, %bb : i32
      %rc = scf.for %c = %b to %end step %c1 iter_args(%z = %y) -> (i32) : i32 {
        %cc = arith.muli %c, %c : i32
        %hit = arith.cmpi eq, %left, %cc : i32
        %one = arith.extui %hit : i1 to i32
        %next = arith.addi %z, %one : i32
        scf.yield %next : i32
      }
      scf.yield %rc : i32
    }
    scf.yield %rb : i32
  }
  return %r : i32
}

// Leaves two nested loops at once.
func.func @first_multiple(%k: i32, %limit: i32) -> (i32, i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %none = arith.constant -1 : i32
  cf.br ^outer(%c1 : i32)
^outer(%i: i32):
  %done = arith.cmpi sge, %i, %limit : i32
  cf.cond_br %done, ^out(%none, %none : i32, i32), ^inner(%c1 : i32)
^inner(%j: i32):
  %end = arith.cmpi sgt, %j, %i : i32
  cf.cond_br %end, ^next, ^test
^test:
  %p = arith.muli %i, %j : i32
  %q = arith.addi %p, %c1 : i32
  %rest = arith.remui %q, %k : i32
  %zero = arith.cmpi eq, %rest, %c0 : i32
  %j1 = arith.addi %j, %c1 : i32
  cf.cond_br %zero, ^out(%i, %j : i32, i32), ^inner(%j1 : i32)
^next:
  %i1 = arith.addi %i, %c1 : i32
  cf.br ^outer(%i1 : i32)
^out(%a: i32, %b: i32):
  return %a, %b : i32, i32
}
