"""Storms across tickets: what is gathered, who is told, what is decided."""
