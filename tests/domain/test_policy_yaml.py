"""Policy files are read as YAML 1.2, with the place of every value, and refused without a crash."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.yaml import FILE_BYTES_LIMIT, parse_yaml, read_yaml


def _root(text):
    return parse_yaml(text, "x.yaml").root


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("10:30", "10:30"),
        ("08:00-18:00", "08:00-18:00"),
        ("10:30:10", "10:30:10"),
        ("2026-12-24", "2026-12-24"),
        ("0x10", "0x10"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("08", 8),
        ("+1", 1),
        ("-1.5", -1.5),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("9" * 30, "9" * 30),
    ],
)
def test_a_scalar_is_what_yaml_1_2_says(written, read):
    found = _root(f"a: {written}")["a"]
    assert found == read
    assert type(found) is type(read)


def test_keys_stay_as_written():
    assert list(_root("NO: 1\n2026-12-24: 2\n10:30: 3\ntrue: 4\n1: 5")) == [
        "NO", "2026-12-24", "10:30", "true", "1",
    ]  # fmt: skip


def test_aliases_repeat_a_value():
    assert _root("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_is_an_empty_mapping(text):
    assert _root(text) == {}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in pairwise("abcdefg")
)


@pytest.mark.parametrize(
    ("text", "line", "message", "remedy"),
    [
        ("%YAML 1.1\n---\na: NO", 1, "directive `%YAML 1.1` is refused", "YAML 1.2"),
        ("# c\n\n%YAML 1.1\n---\na: NO", 3, "directive", "remove the line"),
        ("%TAG ! x\n---\na: 1", 1, "directive", "remove the line"),
        ("a: 1\nb: 2\na: 3", 3, "written twice, first in line 1", "keep one"),
        ("a:\n\tb: 1", 2, "not valid YAML", "never with tabs"),
        ("- a\n- b", 1, "is not a mapping", "begin with a key"),
        ("just words", 1, "is not a mapping", "begin with a key"),
        ("a: 1\n---\nb: 2", 2, "not valid YAML", "one document a file"),
        ("a: b: c", 1, "not valid YAML", "indentation"),
        ("a: [1", 1, "not valid YAML", "brackets"),
        ("a: *b", 1, "undefined alias", "define the anchor"),
        ("a: 1\nb: !secret x", 2, "tag `!secret` has no meaning", "quote"),
        ("a: !!python/object:os.system x", 1, "has no meaning", "remove it"),
        ("a: !!set {x}", 1, "has no meaning", "remove it"),
        ("a: !!binary aGk=", 1, "has no meaning", "remove it"),
        ("x: &x {a: 1}\ny:\n  <<: *x", 3, "merging with `<<` is refused", "write the keys out"),
        ("? [a]\n: b", 1, "a key must be a text", "name: value"),
        ("a: &a [*a]", 1, "contains itself", "30 levels"),
        ("a: " + "[" * 40 + "]" * 40, 1, "nested too deeply", "30 levels"),
        ("a: " + "[" * 1000, 1, "nested too deeply", "30 levels"),
        (BOMB, None, "more than 20000 values", "aliases"),
        ("a: \x01", None, "not valid YAML", "control character"),
    ],
)
def test_what_is_not_plain_yaml_1_2_is_refused_at_its_line(text, line, message, remedy):
    with pytest.raises(PolicyError) as caught:
        parse_yaml(text, "x.yaml")
    assert message in caught.value.message
    assert remedy in caught.value.remedy
    assert caught.value.file == "x.yaml"
    assert line is None or caught.value.line == line


def test_all_doubled_keys_are_told_together():
    with pytest.raises(PolicyError) as caught:
        parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}", "x.yaml")
    assert [(f.line, f.column) for f in caught.value.findings] == [(2, 1), (3, 11)]


def test_places_count_from_one():
    positions = parse_yaml("a:\n  b: [x, {c: d}]\n", "x.yaml").positions
    assert positions.of(("a", "b", 1, "c"), at_key=True)[1:] == (2, 11)
    assert positions.of(("a", "b", 1, "c"), at_key=False)[1:] == (2, 14)
    assert positions.of(("a", "b", 1, "nothing"), at_key=False)[1:] == (2, 10)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: 1\nb: \xff\n", "is not UTF-8"),
        (b"a: " + b"x" * FILE_BYTES_LIMIT, "is larger than 256 KB"),
        ("\ufeffa: [".encode(), "not valid YAML"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, data, message):
    (tmp_path / "x.yaml").write_bytes(data)
    with pytest.raises(PolicyError, match=message):
        read_yaml(tmp_path / "x.yaml")


def test_a_byte_order_mark_is_read_over(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_yaml(tmp_path / "x.yaml").root == {"a": 1}


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read"):
        read_yaml(tmp_path / "x.yaml")


def _read_or_refused(read):
    """What was read, or the refusal; any other exception is a crash and fails the test."""
    try:
        return read()
    except PolicyError as error:
        return error


EXAMPLE = Path(__file__).parents[2] / "policy"
PIECES = [file.read_text() for file in sorted(EXAMPLE.glob("[0-9]*.yaml"))]
NOISE = st.text(st.sampled_from("ab:-{}[],#&*!|>'\"%@`?\n \t0159~<\x00é"), max_size=40)


@given(NOISE)
@settings(max_examples=300, deadline=None)
def test_noise_is_read_or_refused_and_never_a_crash(text):
    found = _read_or_refused(lambda: _root(text))
    assert isinstance(found, dict | PolicyError)


@given(st.data())
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_damaged_policy_is_read_or_refused_with_a_place(tmp_path, data):
    """Cut a piece out of the example, put noise in its place: never anything but a PolicyError."""
    number = data.draw(st.integers(0, len(PIECES) - 1))
    text = PIECES[number]
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 30)))
    damaged = text[:start] + data.draw(NOISE) + text[end:]
    for i, piece in enumerate(PIECES):
        text = damaged if i == number else piece
        (tmp_path / f"{i}.yaml").write_text(text, encoding="utf-8")
    found = _read_or_refused(lambda: load_folder(tmp_path, year=2026))
    if isinstance(found, PolicyError):
        assert all(f.message and f.file.startswith(str(tmp_path)) for f in found.findings)
