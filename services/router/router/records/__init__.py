"""Records behind the API: read, judged, changed, imported; the same for every kind."""
