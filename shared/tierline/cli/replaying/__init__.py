"""Running a recorded log through a stack of its own: what `tierline replay` is made of."""
