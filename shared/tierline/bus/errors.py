"""How aiokafka says that a broker, or the line to it, is gone."""

from aiokafka.errors import KafkaError

BROKER_AWAY = (KafkaError, OSError, TimeoutError, RuntimeError)
"""RuntimeError is how uvloop words a write to a connection that was closed a moment ago; aiokafka
lets it pass."""
