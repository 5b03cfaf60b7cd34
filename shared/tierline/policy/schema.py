"""JSON Schema (2020-12) of the policy files and the records, for editors.

`python -m tierline.policy.schema > docs/reference/policy-schema.json`
"""

import json
import sys
from typing import Any

from tierline.policy.grammar import POLICY
from tierline.policy.records_grammar import RECORDS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def policy_schema() -> dict[str, Any]:
    """The schema of one file: rules, of which a file may hold any sections, or the records."""
    rules = {key: value for key, value in POLICY.schema().items() if key != "required"}
    return {
        "$schema": DIALECT,
        "title": "Tierline policy",
        "description": "A file of a policy folder: any of its sections; or its records.yaml.",
        "anyOf": [{"$ref": "#/$defs/rules"}, {"$ref": "#/$defs/records"}],
        "$defs": {"rules": rules, "records": RECORDS.schema()},
    }


def schema_text() -> str:
    """The schema as it stands in the documentation."""
    return json.dumps(policy_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
