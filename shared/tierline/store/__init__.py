"""Postgres, the truth: one pool a process; whatever changes a ticket goes through `tickets`."""
