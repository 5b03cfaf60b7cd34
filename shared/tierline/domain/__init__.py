"""The pure core: what a ticket is, what may happen to it, and what time makes of it.

Nothing here does I/O, reads a clock or knows a framework. Every function can be called in a test
with plain values.
"""
