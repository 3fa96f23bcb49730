// flavours: inline-static
// call: @apply i32=0 i32=20 i32=6
// call: @apply i32=1 i32=20 i32=6
// call: @apply i32=2 i32=20 i32=6
// call: @apply i32=3 i32=20 i32=6
// call: @apply i32=4 i32=20 i32=6
// call: @apply i32=-1 i32=20 i32=6
// call: @state_machine i32=0x2d9b i32=14

// A switch over an operator number.
func.func @apply(%op: i32, %a: i32, %b: i32) -> i32 {
  cf.switch %op : i32, [
    default: ^other,
    0: ^plus,
    1: ^minus,
    2: ^times,
    3: ^over
  ]
^plus:
  %0 = arith.addi %a, %b : i32
  cf.br ^end(%0 : i32)
^minus:
  %1 = arith.subi %a, %b : i32
  cf.br ^end(%1 : i32)
^times:
  %2 = arith.muli %a, %b : i32
  cf.br ^end(%2 : i32)
^over:
  %3 = arith.divsi %a, %b : i32
  cf.br ^end(%3 : i32)
^other:
  %none = arith.constant -1 : i32
  cf.br ^end(%none : i32)
^end(%r: i32):
  return %r : i32
}

// Four states driven by the bits of a word: a loop around a switch.
func.func @state_machine(%word: i32, %turns: i32) -> (i32, i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  %c3 = arith.constant 3 : i32
  cf.br ^loop(%c0, %c0, %c0 : i32, i32, i32)
^loop(%i: i32, %state: i32, %seen: i32):
  %more = arith.cmpi slt, %i, %turns : i32
  cf.cond_br %more, ^step, ^end
^step:
  %moved = arith.shrui %word, %i : i32
  %bit = arith.andi %moved, %c1 : i32
  %on = arith.cmpi ne, %bit, %c0 : i32
  %i1 = arith.addi %i, %c1 : i32
  cf.switch %state : i32, [
    default: ^s3,
    0: ^s0,
    1: ^s1,
    2: ^s2
  ]
^s0:
  %n0 = arith.select %on, %c1, %c0 : i32
  cf.br ^loop(%i1, %n0, %seen : i32, i32, i32)
^s1:
  %n1 = arith.select %on, %c1, %c2 : i32
  cf.br ^loop(%i1, %n1, %seen : i32, i32, i32)
^s2:
  %n2 = arith.select %on, %c3, %c0 : i32
  cf.br ^loop(%i1, %n2, %seen : i32, i32, i32)
^s3:
  %seen1 = arith.addi %seen, %c1 : i32
  %n3 = arith.select %on, %c1, %c2 : i32
  cf.br ^loop(%i1, %n3, %seen1 : i32, i32, i32)
^end:
  return %state, %seen : i32, i32
}
