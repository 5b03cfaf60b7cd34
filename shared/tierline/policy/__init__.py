"""The policy language: reads a folder of YAML files, checks it, compiles it for the core.

`folder` reads and `document` compiles. Nothing is imported here: a command that only reads a
duration (`durations`) is not to wait for the compiler.
"""
