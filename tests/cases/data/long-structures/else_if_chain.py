"""else_if_chain.py COUNT: a program with so many conditions, each behind the one before it."""

import sys

print("func.func @f(%x: i32, %y: i32) -> i32 {")
for k in range(int(sys.argv[1])):
    print(f"  %c{k} = arith.constant {k + 1} : i32\n  %d{k} = arith.cmpi eq, %x, %c{k} : i32")
    print(f"  cf.cond_br %d{k}, ^t{k}, ^b{k}\n^t{k}:\n  %v{k} = arith.remsi %y, %x : i32")
    print(f"  %w{k} = arith.divsi %v{k}, %y : i32\n  %u{k} = arith.xori %w{k}, %c{k} : i32")
    print(f"  cf.br ^end(%u{k} : i32)\n^b{k}:")
print("  cf.br ^end(%x : i32)\n^end(%r: i32):\n  return %r : i32\n}")
