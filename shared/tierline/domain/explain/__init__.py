"""Why something happened to a ticket, or did not: answers from its log, as plain values.

Pure, like all of the core: the ticket, its events, its notices, the policy and an instant go in,
and an `Account` comes out: words for people beside the values that programs read.
"""
