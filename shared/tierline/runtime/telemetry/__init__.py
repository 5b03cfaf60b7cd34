"""Traces: off and without cost by default, OpenTelemetry where a collector is named."""
