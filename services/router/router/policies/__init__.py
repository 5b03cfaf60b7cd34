"""Versions of the policy: what one would mean, making it hold, moving open tickets to its terms."""
