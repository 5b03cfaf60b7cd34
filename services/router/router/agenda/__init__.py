"""What waits for somebody at an agreed time: work that is booked, resolutions to confirm."""
