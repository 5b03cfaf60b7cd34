"""Letters: pages by mail that nobody has to ask for, when each is due, and what it says. Pure."""
