"""Reports: read from what is stored, behind the wall of whoever reads; for pages and letters."""
