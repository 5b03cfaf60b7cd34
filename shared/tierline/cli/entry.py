"""The program `tierline`: a stream of questions takes the short way, all else the whole one."""

import sys

STREAM = ["due", "--jsonl"]


def main() -> None:
    """Run the command line and end the process."""
    if sys.argv[1:] == STREAM:
        from tierline.cli.due_stream import run  # noqa: PLC0415 - so that it alone is imported

        sys.exit(run())
    from tierline.cli.main import main as whole  # noqa: PLC0415 - a second's worth of imports

    whole()


if __name__ == "__main__":
    main()
