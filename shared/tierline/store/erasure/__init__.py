"""Erasing a person outside: their address and names become a pseudonym, wherever they stand."""
