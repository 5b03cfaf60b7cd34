"""`python -m tierline.runtime.healthcheck [URL...]`: 0 when all that is asked is ready, else 1.

Without an address it asks the service beside it, for an image's HEALTHCHECK: there is no curl.
With addresses it is the test of a release in a cluster.
"""

import http.client
import os
import sys
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

SECONDS = 4.0
SHOWN_CHARACTERS = 300
HERE = "127.0.0.1"


def why_not(url: str) -> str | None:
    """Ask one address; None where it answers 200, else what it said instead.

    Args:
        url: http://host:port/path.
    """
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or HERE, parts.port, timeout=SECONDS)
    try:
        line.request("GET", parts.path or "/")
        answer = line.getresponse()
        said = answer.read(SHOWN_CHARACTERS).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{url} gives no answer ({type(error).__name__})"
    finally:
        line.close()
    return None if answer.status == HTTPStatus.OK else f"{url} says {said}"


def main(arguments: Sequence[str]) -> int:
    """Ask every address; say on standard error what is not ready."""
    urls = arguments or [f"http://{HERE}:{os.environ['TIERLINE_PORT']}/readyz"]
    reasons = [reason for url in urls if (reason := why_not(url)) is not None]
    for reason in reasons:
        print(reason, file=sys.stderr)
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
