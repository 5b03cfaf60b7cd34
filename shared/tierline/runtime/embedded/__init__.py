"""PostgreSQL and a Kafka-protocol broker as child processes, from installed wheels."""
