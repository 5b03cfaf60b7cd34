"""Run the router: `python -m router`."""

from router.app import build
from router.settings import Settings
from tierline.runtime.service import run_service

run_service("router", build, Settings)
