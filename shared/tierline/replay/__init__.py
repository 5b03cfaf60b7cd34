"""A help desk's recorded history as commands: read, planned, run through the core, compared.

Nothing here talks to a service or keeps a clock; `tierline replay` runs a plan through the stack.
"""
