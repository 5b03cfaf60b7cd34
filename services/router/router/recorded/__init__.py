"""Commands of a recorded log: each at an instant of its own, many to a transaction."""
