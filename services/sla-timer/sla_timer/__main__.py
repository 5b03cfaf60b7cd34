"""Run sla-timer: `python -m sla_timer`."""

from sla_timer.app import build
from sla_timer.settings import Settings
from tierline.runtime.service import run_service

run_service("sla-timer", build, Settings)
