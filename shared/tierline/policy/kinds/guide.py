"""Guides: how to do what comes again and again, by category, for the first tier that can."""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.hours import DateText
from tierline.policy.kinds.contract import Kind
from tierline.policy.kinds.shapes import LINE, NAME, URL
from tierline.policy.shapes import ListOf
from tierline.store.records import Column, Table

STEPS_MAX = 100

GUIDE: Final = Kind(
    name="guides",
    one="guide",
    about="how to do what comes again and again",
    key=("category", "title"),
    label="title",
    grammar=Fields(
        "a guide",
        {
            "category": Field(NAME, "the category of the tickets it is for", required=True),
            "title": Field(NAME, "what it is called", required=True),
            "steps": Field(
                ListOf(LINE, least=1, limit=STEPS_MAX, single=True, distinct=False),
                "what to do, a line a step",
                required=True,
            ),
            "link": Field(URL, "where the whole of it stands"),
            "review_by": Field(DateText(), "the day by which somebody must have looked at it"),
        },
    ),
    table=Table(
        "guide",
        ("category", "title"),
        (Column("category"), Column("title"), Column("review_by")),
    ),
    searched=("category", "title"),
)
