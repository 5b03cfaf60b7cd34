"""`python -m console`: run the web console."""

from console.app import build
from console.settings import ConsoleSettings
from tierline.runtime.service import run_service

if __name__ == "__main__":
    run_service("console", build, ConsoleSettings)
