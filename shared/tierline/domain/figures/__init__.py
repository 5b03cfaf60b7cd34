"""Figures over recorded events: bounces, and the manager's week. Pure.

docs/reference/figures.md defines each of them.
"""
