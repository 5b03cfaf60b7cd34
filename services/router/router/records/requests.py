"""What the API of records is asked."""

from typing import Annotated, Literal

from pydantic import Field

from router.limits import PAGE
from router.requests import Cursor, PageSize
from tierline.web.bodies import Line, Strict


class RecordQuery(Strict):
    """Which records of a kind."""

    client: Annotated[Line, Field(description="Only what belongs to this client.")] = ""
    q: Annotated[Line, Field(description="A part of a name, an address, a type.")] = ""
    limit: PageSize = PAGE
    cursor: Cursor = ""


class RecordChangeQuery(Strict):
    """Which changes of records."""

    kind: Line = ""
    name: Annotated[Line, Field(description="A record's name, without its client.")] = ""
    client: Line = ""
    by: Annotated[Line, Field(description="A login, or `token NAME`.")] = ""
    how: Literal["", "api", "csv", "folder", "page"] = ""
    batch: Annotated[Line, Field(description="The id of an import.")] = ""
    limit: PageSize = PAGE
    cursor: Cursor = ""


class RecordExportQuery(Strict):
    """Which records an export holds."""

    client: Annotated[Line, Field(description="Only what belongs to this client.")] = ""
    q: Annotated[Line, Field(description="A part of a name, an address, a type.")] = ""


class RecordImportQuery(Strict):
    """Whether an import only shows what it would do."""

    preview: bool = False
