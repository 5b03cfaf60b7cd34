"""`tierline due --jsonl` as a program: its pipes, its exit code, what it does not need."""

import json
import subprocess
import sys

import pytest

from tests.services.cli.router import run
from tierline.cli.due_stream import CHUNK_BYTES, Lines, answer_all
from tierline.messages.due_lines.limits import LINE_BYTES_MAX

PROGRAM = [sys.executable, "-m", "tierline.cli.entry", "due", "--jsonl"]
HOURS = {"mon": ["09:00-17:00"], "fri": ["09:00-17:00"]}
LONGEST_SECONDS = 60


def asked(**changed):
    calendar = {"timezone": "Europe/Berlin", "hours": HOURS}
    whole = {"calendar": calendar, "start": "2026-11-20T16:30:00+01:00", "target_minutes": 60}
    return json.dumps({**whole, **changed}).encode() + b"\n"


def piped(given, arguments=PROGRAM):
    return subprocess.run(
        arguments, input=given, capture_output=True, timeout=LONGEST_SECONDS, check=False
    )


def streamed(*chunks):
    """What comes of these chunks: the exit code, and each write."""
    waiting, said = list(chunks), []
    code = answer_all(lambda: waiting.pop(0) if waiting else b"", said.append)
    return code, said


def documents(said):
    return [json.loads(line) for line in b"".join(said).splitlines()]


def test_a_file_of_questions_is_answered_line_by_line_in_order():
    done = piped(b"".join(asked(id=n) for n in range(3_000)))
    assert (done.returncode, done.stderr) == (0, b"")
    found = documents([done.stdout])
    assert [one["id"] for one in found] == list(range(3_000))
    assert {one["due"] for one in found} == {"2026-11-23T08:30:00Z"}


def test_a_co_process_gets_each_answer_before_it_asks_again():
    """Were an answer kept back, this would wait for it until the time of the test is over."""
    with subprocess.Popen(PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin
        assert program.stdout
        for number in range(20):
            program.stdin.write(asked(id=number))
            program.stdin.flush()
            assert json.loads(program.stdout.readline())["id"] == number
        program.stdin.close()
        assert program.stdout.read() == b""
    assert program.returncode == 0


def test_what_is_read_at_once_is_answered_at_once():
    code, said = streamed(asked(id=1) + asked(id=2), asked(id=3), b"\n", asked(id=4))
    assert code == 0
    assert [len(documents([one])) for one in said] == [2, 1, 1]


def test_lines_may_be_read_in_any_pieces():
    whole = asked(id=1) + b"\r\n" + asked(id=2).replace(b"\n", b"\r\n") + asked(id=3).rstrip()
    for size in (1, 2, 7, 100, len(whole)):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        code, said = streamed(*pieces)
        assert (code, [one["id"] for one in documents(said)]) == (0, [1, 2, 3])


def test_a_bad_line_gets_its_error_and_does_not_stop_the_stream():
    done = piped(asked() + b"\n" + asked(start="soon", id="b") + b"what?\n" + asked())
    assert done.returncode == 1
    first, second, third, fourth = documents([done.stdout])
    assert first == fourth
    assert (second["id"], second["line"], second["error"]["field"]) == ("b", 3, "start")
    assert (third["line"], third["error"]["field"]) == (4, "")


def test_a_line_that_is_too_long_is_refused_and_not_kept():
    filler = b" " * CHUNK_BYTES
    chunks = [filler] * (LINE_BYTES_MAX // CHUNK_BYTES + 1)
    code, said = streamed(*chunks, b"\n" + asked(id=2), *chunks)
    first, second, third = documents(said)
    assert code == 1
    assert (first["line"], second["id"], third["line"]) == (1, 2, 3)
    assert str(LINE_BYTES_MAX) in first["error"]["reason"]
    lines = Lines()
    for chunk in chunks:
        assert list(lines.of(chunk)) == []
    assert len(lines._begun) == 0


def test_a_line_of_the_greatest_length_is_answered():
    line = asked().rstrip()
    code, said = streamed(line + b" " * (LINE_BYTES_MAX - len(line)) + b"\n")
    assert (code, len(documents(said))) == (0, 1)


def test_a_byte_order_mark_before_the_first_line_is_no_part_of_it():
    code, said = streamed(b"\xef\xbb\xbf" + asked())
    assert (code, documents(said)[0]["due"]) == (0, "2026-11-23T08:30:00Z")


def test_nothing_asked_is_nothing_answered():
    assert streamed() == (0, [])
    assert streamed(b"\n  \n\t") == (0, [])


def test_nobody_reading_ends_it_quietly():
    with subprocess.Popen(
        PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdin
        assert program.stdout
        assert program.stderr
        program.stdout.close()
        program.stdin.write(asked())
        program.stdin.close()
        assert program.stderr.read() == b""
    assert program.returncode == 1


def test_it_starts_without_the_rest_of_the_command_line():
    """A count that stays, where seconds would not: the modules that it loads."""
    code = (
        "import sys; from tierline.cli.due_stream import run; run();"
        " print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = piped(asked(), [sys.executable, "-c", code])
    loaded = set(done.stderr.decode().split())
    heavy = {"typer", "rich", "httpx", "asyncio", "asyncpg", "fastapi", "pydantic", "ssl", "socket"}
    assert "msgspec" in loaded
    assert loaded & heavy == set()
    ours = {".".join(name.split(".")[:3]) for name in loaded if name.startswith("tierline.cli.")}
    assert ours == {"tierline.cli.due_stream"}


def test_the_whole_command_line_answers_alike():
    done = piped(asked(), [sys.executable, "-m", "tierline.cli.main", "due", "--jsonl"])
    assert done.returncode == 0
    assert done.stdout == piped(asked()).stdout


@pytest.mark.parametrize("arguments", [["due"], ["due", "1001", "--jsonl"]])
def test_called_wrongly_it_says_so(arguments):
    assert run(None, *arguments).exit_code == 2
