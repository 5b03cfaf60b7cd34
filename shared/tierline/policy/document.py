"""The canonical document of a policy: plain JSON that compiles to the same policy anywhere.

It is what the grammar makes of the files: keys normalised, ranges spread out, public holidays as
dates. Stored in the database it needs neither the files nor a holiday list to be compiled again.
"""

from collections.abc import Mapping
from typing import Any

from tierline.domain.calendar import Calendar
from tierline.domain.policy import Policy
from tierline.policy.calendars import refuse_regions, resolve_holidays
from tierline.policy.client_rules import check_client_links
from tierline.policy.compile import compile_checked
from tierline.policy.errors import Problems
from tierline.policy.grammar import Document
from tierline.policy.links import check_links
from tierline.policy.whole import POLICY

LISTED = "groups_listed"
"""The order of the groups, which matters, kept apart: databases may shuffle the keys of JSON."""


def compile_document(
    document: Mapping[str, Any], extra_calendars: Mapping[str, Calendar] | None = None
) -> Policy:
    """Compile a stored document.

    Args:
        document: what `to_document` returned, perhaps by way of JSON; a document written by hand
            is checked just as well.
        extra_calendars: by hash, those that running clocks pinned under earlier versions.

    Returns:
        The policy; its version is that of the document's content.

    Raises:
        PolicyError: what is wrong with it, by path (there are no files to name).
    """
    problems = Problems()
    root = dict(document)
    listed = root.pop(LISTED, None)
    if isinstance(listed, list) and isinstance(groups := root.get("groups"), Mapping):
        rank = {name: i for i, name in enumerate(listed) if isinstance(name, str)}
        names = sorted(groups, key=lambda name: rank.get(name, len(rank)))
        root["groups"] = {name: groups[name] for name in names}
    checked = check_document(root, None, problems)
    return compile_or_raise(checked, problems, extra_calendars or {})


def check_document(root: Mapping[str, Any], year: int | None, problems: Problems) -> Document:
    """Check and normalise what was written.

    Args:
        root: the merged sections.
        year: around which public holidays are looked up; None: holidays must be dates already.
        problems: where findings are collected.

    Raises:
        PolicyError: the grammar or a holiday is wrong; links are not looked at before that.
    """
    checked = POLICY.check(dict(root), (), problems)
    problems.raise_if_any()
    document: Document = checked
    if year is not None:
        resolve_holidays(document, year, problems)
    else:
        refuse_regions(document, problems)
    document[LISTED] = list(document["groups"])
    problems.raise_if_any()
    return document


def compile_or_raise(
    document: Document, problems: Problems, extra_calendars: Mapping[str, Calendar]
) -> Policy:
    """Check the links of a checked document and compile it.

    Raises:
        PolicyError: names that lead nowhere, calendars that cannot be built.
    """
    check_links(document, problems)
    if document.get("clients"):
        check_client_links(document, problems)
        problems.raise_if_any()  # what a client has of its own is made of what the names lead to
    policy = compile_checked(document, problems, extra_calendars)
    problems.raise_if_any()
    return policy
