"""What Tierline promises, a subject a file: each is told to one running stack on held policy time.

A subject has clients (and where it needs them groups and paths) of its own, so that all of them
share the stack; they come one after the other, as time does. Instants in them were worked out by
hand from `policy/`; how stands beside them.
"""
