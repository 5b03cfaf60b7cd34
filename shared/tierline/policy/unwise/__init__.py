"""What is allowed in a policy and probably not meant: idle rules, hours without anybody.

Each file looks at one thing; all they know is a folder that has been loaded. Nothing here refuses.
"""

from datetime import datetime
from typing import Final

from tierline.policy.errors import Finding
from tierline.policy.folder import LoadedPolicy
from tierline.policy.unwise import contacts, hours, paths, people, promises, reach, triage

WARNINGS_LIMIT: Final = 200
"""Of these, and of those found while the folder was loaded, as many are kept."""


def look(loaded: LoadedPolicy, start: datetime) -> tuple[tuple[Finding, ...], int]:
    """Look for what is unwise in a folder.

    Args:
        loaded: the folder, its files at hand.
        start: the instant (UTC) from which hours, rotas and absences are looked at.

    Returns:
        The warnings of loading it and the new ones, in the order of files and lines; and how many
        more there were.
    """
    rules = loaded.in_rules.elsewhere(limit=WARNINGS_LIMIT)
    records = loaded.in_records.elsewhere(limit=WARNINGS_LIMIT)
    triage.look(loaded, rules)
    people.look(loaded, rules)
    paths.look(loaded, rules)
    promises.look(loaded, rules)
    hours.look(loaded, start, rules)
    reach.look(loaded, start, rules)
    contacts.look(loaded, records)
    found = {*loaded.warnings, *rules.warnings, *records.warnings}
    listed = sorted(found, key=lambda it: (it.file, it.line, it.column, it.code, it.message))
    return tuple(listed), rules.left_out + records.left_out
