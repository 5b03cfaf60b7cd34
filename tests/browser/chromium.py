"""A real Chromium for a test: found on this machine, never downloaded, its profile thrown away."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = Path("/usr/bin/chromium")
DRIVER = Path("/usr/bin/chromedriver")
WAIT_SECONDS = 15
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str:
    """Say what is missing on this machine to drive a browser; an empty text when nothing is."""
    absent = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
    return f"not installed: {', '.join(absent)}" if absent else ""


class Browser:
    """One person's browser.

    Args:
        base_url: the console's address.
        width: of the window in CSS pixels.
        height: of the window.
        dark: whether the person prefers a dark page.
    """

    def __init__(
        self, base_url: str, *, width: int = 1280, height: int = 800, dark: bool = False
    ) -> None:
        self.base_url = base_url
        self._profile = tempfile.mkdtemp(prefix="tierline-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for flag in (*FLAGS, f"--user-data-dir={self._profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        self.size(width, height)
        if dark:
            feature = {"name": "prefers-color-scheme", "value": "dark"}
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def size(self, width: int, height: int) -> None:
        """Give the page exactly this many CSS pixels, however narrow."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def close(self) -> None:
        """End the browser and remove its profile."""
        self.driver.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    def go(self, path: str) -> None:
        """Open a page of the console."""
        self.driver.get(self.base_url + path)

    def log_in(self, login: str, password: str) -> None:
        """Log in and arrive at the board."""
        self.go("/login")
        self.one("input[name=login]").send_keys(login)
        self.one("input[name=password]").send_keys(password)
        self.one("button.main").click()
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, "header.top"))

    def one(self, selector: str) -> Any:
        """The first element a CSS selector finds, waited for."""
        return self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, selector))[0]

    def text(self, selector: str) -> str:
        """The visible text of what a selector finds; empty while there is nothing or it changes."""
        script = "return document.querySelector(arguments[0])?.innerText ?? ''"
        return str(self.driver.execute_script(script, selector))

    def press(self, keys: str) -> None:
        """Type on the page itself."""
        self.driver.switch_to.active_element.send_keys(keys)

    def until(self, condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
        """Poll until a condition gives something true, which is returned."""
        return WebDriverWait(self.driver, seconds, 0.05).until(lambda _: condition())

    def live(self) -> None:
        """Wait until the live stream is open."""
        self.until(lambda: self.text("#link") == "live")

    def complaints(self) -> list[str]:
        """What the browser's console complained about: script errors, policy violations."""
        entries = self.driver.get_log("browser")
        return [one["message"] for one in entries if one["level"] == "SEVERE"]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        script = "return document.documentElement.scrollWidth - innerWidth"
        return int(self.driver.execute_script(script))
