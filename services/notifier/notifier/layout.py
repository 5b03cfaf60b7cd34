"""A letter laid out for a channel: plain text, simple HTML, a chat message. Pure."""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from notifier.letter import Letter


def _layout(name: str) -> Template:
    return Environment(
        loader=PackageLoader("notifier", "templates"),
        undefined=StrictUndefined,
        autoescape=name.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    ).get_template(name)


_TEXT: Final = _layout("letter.txt.j2")
_HTML: Final = _layout("letter.html.j2")
_CHAT: Final = _layout("letter.chat.j2")


def as_text(letter: Letter) -> str:
    """The plain text of a mail."""
    return _TEXT.render(letter=letter)


def as_html(letter: Letter) -> str:
    """The same as HTML, every value escaped; no images, nothing loaded from anywhere."""
    return _HTML.render(letter=letter)


def as_chat(letter: Letter) -> str:
    """A short plain text, the link near its start; the channel escapes it as its chat asks."""
    return _CHAT.render(letter=letter).strip()
