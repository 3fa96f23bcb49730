"""C text that the emitter and the interpreter share: names, literals, types, the helpers of `ops.h`, templates."""
