"""What is read from Postgres for lists and pages: set-based, walled, never one query a row."""
