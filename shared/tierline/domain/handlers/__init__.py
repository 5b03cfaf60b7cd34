"""One function a command: each judges it against the draft and appends what follows, or refuses."""
