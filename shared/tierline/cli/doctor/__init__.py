"""`tierline doctor`: what is wrong with an installation, and what to do about it.

A file a thing that is looked at. Each check is a function that asks the `Patient` and returns
findings; it changes nothing, and what is away ends it with AwayError.
"""
