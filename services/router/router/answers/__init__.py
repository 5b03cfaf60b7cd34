"""What people outside are asked and answer: approvals, by link or as one of us heard it."""
