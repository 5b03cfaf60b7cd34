"""Kafka, the way events travel. Losing all of it loses nothing: Postgres sends again."""
