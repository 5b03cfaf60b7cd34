"""What the API answers, as its description says it; the answers are made in `views`."""
