// flavours: inline-static
// call: @steps i64=1
// call: @steps i64=27
// call: @steps i64=837799
// call: @longest_below i64=300

// Length of the Collatz chain from n down to 1.
func.func @steps(%n: i64) -> i64 {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c2 = arith.constant 2 : i64
  %c3 = arith.constant 3 : i64
  %r:2 = scf.while (%x = %n, %count = %c0) : (i64, i64) -> (i64, i64) {
    %more = arith.cmpi sgt, %x, %c1 : i64
    scf.condition(%more) %x, %count : i64, i64
  } do {
  ^bb0(%x: i64, %count: i64):
    %low = arith.andi %x, %c1 : i64
    %odd = arith.cmpi ne, %low, %c0 : i64
    %triple = arith.muli %x, %c3 : i64
    %up = arith.addi %triple, %c1 : i64
    %down = arith.divsi %x, %c2 : i64
    %next = arith.select %odd, %up, %down : i64
    %count1 = arith.addi %count, %c1 : i64
    scf.yield %next, %count1 : i64, i64
  }
  return %r#1 : i64
}

// The start below n with the longest chain, and that chain's length.
func.func @longest_below(%n: i64) -> (i64, i64) {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %r:3 = scf.while (%i = %c1, %best = %c1, %most = %c0) : (i64, i64, i64) -> (i64, i64, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %i, %best, %most : i64, i64, i64
  } do {
  ^bb0(%i: i64, %best: i64, %most: i64):
    %len = func.call @steps(%i) : (i64) -> i64
    %longer = arith.cmpi sgt, %len, %most : i64
    %best1 = arith.select %longer, %i, %best : i64
    %most1 = arith.select %longer, %len, %most : i64
    %i1 = arith.addi %i, %c1 : i64
    scf.yield %i1, %best1, %most1 : i64, i64, i64
  }
  return %r#1, %r#2 : i64, i64
}
