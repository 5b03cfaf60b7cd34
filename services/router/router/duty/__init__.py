"""Who is on call: schedules as the API shows, asks, changes, exports and imports them."""
