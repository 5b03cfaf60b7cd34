"""Print the API's description: `python -m router.openapi > docs/reference/openapi.json`."""

import json
import sys

from router.app import application


def text() -> str:
    """The description as it stands in docs/reference/openapi.json."""
    return json.dumps(application().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
