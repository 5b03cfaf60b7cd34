"""`python -m tierline.runtime.healthcheck`: 0 when the service beside it is ready, else 1 and why.

For an image's HEALTHCHECK, where there is no curl; a cluster's probes ask by HTTP themselves.
"""

import http.client
import os
import sys

SECONDS = 4.0
SHOWN_CHARACTERS = 300


def main() -> int:
    """Ask /readyz of the service that listens on TIERLINE_PORT in this container."""
    line = http.client.HTTPConnection(
        "127.0.0.1", int(os.environ["TIERLINE_PORT"]), timeout=SECONDS
    )
    try:
        line.request("GET", "/readyz")
        answer = line.getresponse()
        said = answer.read(SHOWN_CHARACTERS).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        print(f"no answer: {type(error).__name__}", file=sys.stderr)
        return 1
    finally:
        line.close()
    if answer.status == http.HTTPStatus.OK:
        return 0
    print(said, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
