"""Recorded histories: mapped, planned, run through the pure core, compared."""
