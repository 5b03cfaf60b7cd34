"""What an event of one ticket means for others: reactions, a noun a file, and how they are run."""
