"""The document says what the edge does, and the copy in the docs is the document."""

from pathlib import Path

import jsonschema_rs
import pytest

from intake.adapters import ADAPTERS
from intake.openapi import document, rendered
from tests.services.intake.conftest import alert

COPY = Path(__file__).parents[3] / "docs/reference/openapi-intake.json"


def validator(name: str):
    components = document()["components"]
    return jsonschema_rs.validator_for(
        {"$ref": f"#/components/schemas/{name}", "components": components}
    )


def test_the_copy_in_the_docs_is_current() -> None:
    """Regenerate with: python -m intake.openapi > docs/reference/openapi-intake.json"""
    assert COPY.read_text() == rendered()


async def test_the_service_serves_it(rig) -> None:
    assert (await rig.client.get("/openapi.json")).json() == document()


async def test_answers_have_the_documented_form(rig) -> None:
    key = await rig.integration("api")
    for body in (alert(), [alert(), {}]):
        answer = await rig.post(key, body)
        assert answer.status_code == 202
        validator("Taken").validate(answer.json())
    for refused in (
        await rig.post(key, {}),
        await rig.post("tli_x", alert()),
        await rig.client.get("/v1/alerts"),
    ):
        validator("Problem").validate(refused.json())


@pytest.mark.parametrize(
    "body",
    [
        alert(labels={"a": 1, "b": None}, links=[], occurred_at=None, anything={"x": 1}),
        alert(status="resolved", severity="info", client="Acme"),
        {"dedup_key": "k"},
        alert(severity="P1"),
        alert(labels={"a": []}),
        {"dedup_key": "", "title": "t"},
        {"dedup_key": "k" * 513, "title": "t"},
    ],
)
async def test_what_the_schema_allows_is_taken_and_what_it_forbids_is_not(rig, body) -> None:
    key = await rig.integration("api")
    answer = await rig.post(key, body)
    assert (answer.status_code == 202) == validator("Alert").is_valid(body)


def test_every_adapter_has_its_address_documented() -> None:
    operation = document()["paths"]["/v1/alerts/{kind}/{key}"]["post"]
    assert operation["parameters"][0]["schema"]["enum"] == sorted(ADAPTERS)
