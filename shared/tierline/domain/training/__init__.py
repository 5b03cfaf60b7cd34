"""Training: what an escalated ticket says about the tier it came from, and when that is taught."""
