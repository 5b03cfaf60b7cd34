"""Hypothetical due instants as JSON lines: a question a line, an answer a line.

A public contract (docs/reference/due-lines.schema.json): within a version nothing is removed or
retyped. Pure: bytes in, bytes out; no clock, no file, no network.
"""
