"""An address and names in text and JSON: whole words, and nothing beside them."""

import json

import pytest

from tierline.store.erasure.words import Person, Replacing, names_beside, read_json, write_json

RUTH = Person("ruth@x.example", frozenset({"Ruth Meyer", "Will"}), frozenset({"Contoso"}))
P = Replacing(RUTH, "erased-1")
A = "erased-1@erased.invalid"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("RUTH@x.Example.", f"{A}."),
        ("<ruth@x.example>", f"<{A}>"),
        ("mailto:ruth%40x.example?a", f"mailto:{A}?a"),
        ("to%3Aruth@x.example", f"to%3A{A}"),
        (r"a\nruth@x.example", rf"a\n{A}"),
        ("Ruth\n Meyer's", "erased-1's"),
        ("ruth meyer, WILL, Will", "erased-1, WILL, erased-1"),
    ],
)
def test_what_is_theirs_is_replaced(text, after):
    assert P.text(text) == after


@pytest.mark.parametrize(
    "text",
    [
        "truth@x.example", "a.ruth@x.example", "ruth+a@x.example", "ruth@x.example.org",
        "ruth@x.example-mail.org", "ruth@xyexample", "Ruth Meyers", "Ruth Meyer-Jones",
        "Anne-Ruth Meyer", "will", "Willy", "Goodwill",
    ],
)  # fmt: skip
def test_what_is_not_is_left(text):
    assert P.text(text) == text


def test_json_keeps_its_keys_numbers_and_order():
    text = '{"b": 1.50, "Ruth Meyer": 1e3, "a": [true, null, "Ruth Meyer", 12345678901234567890.0]}'
    after = '{"b":1.50,"Ruth Meyer":1e3,"a":[true,null,"erased-1",12345678901234567890.0]}'
    assert P.json(text) == after
    untouched = text.replace('"Ruth Meyer", ', "")
    assert P.json(untouched) == untouched


def test_what_is_nested_too_deep_for_json_is_text():
    deep = "[" * 100_000 + '"ruth@x.example"' + "]" * 100_000
    assert P.json(deep) == deep.replace("ruth@x.example", A)


def test_escaped_letters_are_words_too():
    name = Replacing(Person("a@b.example", frozenset({"Jörg Müller"})), "erased-1")
    assert json.loads(name.json(json.dumps({"x": "Jörg Müller"}))) == {"x": "erased-1"}


def test_things_and_colleagues_keep_their_names_and_no_address_stays():
    found = {
        "client": "Ruth Meyer GmbH", "by": {"kind": "person", "name": "Ruth Meyer"},
        "requester": {"name": "Ruth Meyer", "email": "other@x.example"},
        "owner": "Will", "problem_key": "mail ruth@x.example",
        "said": {"kind": "contact", "name": "Will"},
    }  # fmt: skip
    assert json.loads(P.json(json.dumps(found))) == found | {
        "problem_key": f"mail {A}",
        "said": {"kind": "contact", "name": "erased-1"},
    }


def test_names_that_stand_beside_an_address_are_learned():
    found = {"a": [{"email": "RUTH@x.example", "name": " Ruth  M "}], "approver": "R. M",
             "approver_email": "ruth@x.example", "requester_email": "b@x.example",
             "requester_name": "B"}  # fmt: skip
    assert names_beside(found, "ruth@x.example") == {"Ruth M", "R. M"}


@pytest.mark.parametrize("text", ['"\\ud83d"', '"\\u0000"', '"é\\n"', "[]", "{}", "-1", "1E-7"])
def test_json_is_written_as_it_was_read(text):
    assert json.loads(write_json(read_json(text))) == json.loads(text)
