"""Run the notifier: `python -m notifier`."""

from notifier.app import build
from notifier.settings import Settings
from tierline.runtime.service import run_service

run_service("notifier", build, Settings)
