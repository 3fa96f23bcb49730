// The start below n whose Collatz chain is longest, and the number of steps of that chain.
func.func @longest(%n: i64) -> (i64, i64) {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c3 = arith.constant 3 : i64
  %r:3 = scf.while (%i = %c1, %best = %c1, %most = %c0) : (i64, i64, i64) -> (i64, i64, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %i, %best, %most : i64, i64, i64
  } do {
  ^bb0(%i: i64, %best: i64, %most: i64):
    %chain:2 = scf.while (%x = %i, %steps = %c0) : (i64, i64) -> (i64, i64) {
      %above = arith.cmpi sgt, %x, %c1 : i64
      scf.condition(%above) %x, %steps : i64, i64
    } do {
    ^bb0(%x: i64, %steps: i64):
      %low = arith.andi %x, %c1 : i64
      %odd = arith.cmpi ne, %low, %c0 : i64
      %next = scf.if %odd -> (i64) {
        %triple = arith.muli %x, %c3 : i64
        %up = arith.addi %triple, %c1 : i64
        scf.yield %up : i64
      } else {
        %down = arith.shrsi %x, %c1 : i64
        scf.yield %down : i64
      }
      %steps1 = arith.addi %steps, %c1 : i64
      scf.yield %next, %steps1 : i64, i64
    }
    %longer = arith.cmpi sgt, %chain#1, %most : i64
    %best1 = arith.select %longer, %i, %best : i64
    %most1 = arith.select %longer, %chain#1, %most : i64
    %i1 = arith.addi %i, %c1 : i64
    scf.yield %i1, %best1, %most1 : i64, i64, i64
  }
  return %r#1, %r#2 : i64, i64
}
