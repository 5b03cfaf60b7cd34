"""JSON Schema (2020-12) of the policy files and the records, for editors.

`python -m tierline.policy.schema > docs/reference/policy-schema.json`
"""

import json
import sys
from typing import Any

from tierline.policy.client_grammar import CLIENT_RULES
from tierline.policy.records_grammar import RECORDS
from tierline.policy.shapes import JsonSchema
from tierline.policy.trying.grammar import TESTS
from tierline.policy.whole import POLICY

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> dict[str, Any]:
    """The schema of one file: rules, of which a file may hold any sections, records, a client's."""
    rules = {key: value for key, value in POLICY.schema().items() if key != "required"}
    tests = {**TESTS.schema(), "description": "what `tierline policy test` tries"}
    rules["properties"] = {**rules["properties"], "tests": tests}
    return {
        "$schema": DIALECT,
        "title": "Tierline policy",
        "description": "A file of a policy folder: any of its sections, its records.yaml, or the"
        " own rules of a client in clients/.",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("rules", "records", "client")],
        "$defs": {"rules": rules, "records": RECORDS.schema(), "client": _client_file()},
    }


def _client_file() -> JsonSchema:
    """The schema of a client's file: its own rules, and whose they are."""
    rules = CLIENT_RULES.schema()
    named = {"client": {"type": "string", "description": "whose they are; else the file's name"}}
    return {**rules, "properties": {**named, **rules["properties"]}}


def schema_text() -> str:
    """The schema as it stands in the documentation."""
    return json.dumps(policy_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
