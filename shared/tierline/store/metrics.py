"""What is counted of the pool, for Prometheus."""

from typing import Any

from prometheus_client import Gauge, Histogram

CONNECTIONS = Gauge(
    "tierline_database_connections", "Connections of this process's pool, by state.", ["state"]
)
CONNECTIONS_MAX = Gauge("tierline_database_connections_max", "Connections its pool may hold.")
POOL_WAIT_SECONDS = Histogram(
    "tierline_database_wait_seconds",
    "How long work waited for a connection of the pool, until its transaction began.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10),
)


def show_pool(pool: Any) -> None:
    """Show `pool` (asyncpg's) as it is whenever somebody looks; the one opened last is shown."""
    CONNECTIONS.labels("used").set_function(lambda: pool.get_size() - pool.get_idle_size())
    CONNECTIONS.labels("idle").set_function(pool.get_idle_size)
    CONNECTIONS_MAX.set(pool.get_max_size())
