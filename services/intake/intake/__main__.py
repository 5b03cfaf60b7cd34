"""Run intake: `python -m intake`."""

from intake.app import build
from intake.settings import Settings
from tierline.runtime.service import run_service

run_service("intake", build, Settings)
