"""Letters: the lead's lists, digests and the manager's week, each written once and then sent."""
