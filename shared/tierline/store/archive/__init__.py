"""Closed tickets leave the database: written out, read back, and only then taken out."""
