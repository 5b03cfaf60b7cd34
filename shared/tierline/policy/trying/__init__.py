"""Tests inside a policy: an alert at an instant, and what is to come of it.

They stand in the folder and are tried by `tierline policy test`; they are no part of the version.
"""
