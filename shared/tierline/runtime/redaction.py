"""No log line shows a secret: neither under its name, nor by its form, nor one of our own."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

HIDDEN: Final = "[hidden]"

DEPTH_MAX: Final = 6
"""What lies deeper in a value is shown as text, and looked through as such."""

SHORTEST_OWN: Final = 6
"""A secret of our own that is shorter (an empty one, say) would hide half of every line."""

SECRET_NAMES = re.compile(
    r"(?i)(authorization|cookie|passw(or)?d|passphrase|secret|token|credential|signature"
    r"|(api|source|integration|private|access|session)[_-]?key)s?$"
)
"""Names, or ends of names, whose value is never shown."""

# What may come before is bounded or not looked at: a line can hold a body of a hundred kilobytes.
_SHAPES: Final = (
    # Our credentials: API tokens, sessions, integration keys; links with which outsiders answer.
    (re.compile(r"\b(tl|tls|tli)_[A-Za-z0-9_-]{16,}"), r"\1_" + HIDDEN),
    (re.compile(r"\btla_[a-z]+\.[0-9]+\.[0-9]+\.[A-Za-z0-9_-]+"), "tla_" + HIDDEN),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]+"), "whsec_" + HIDDEN),
    # scheme://user:password@host; the password may hold what it should not, a slash say.
    (re.compile(r"([a-z]://[^\s:/@]{0,200}):[^\s@]{1,500}@"), r"\1:" + HIDDEN + "@"),
    (re.compile(r"(?i)(authorization[\"']?\s*[=:]\s*[\"']?)[^\"'\r\n,}]+"), r"\1" + HIDDEN),
    (re.compile(r"(?i)\b(bearer|basic|digest)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 " + HIDDEN),
    # A chat room's address is its credential: https://hooks.slack.com/services/T/B/x, .../hooks/x
    (re.compile(
        r"(https?://[^\s/]{1,255}/(?:[^\s?#]{0,200}/)?(?:services|hooks|webhooks?)/)[^\s\"'<>]+"
    ), r"\1" + HIDDEN),
    # name=value, name: value, "name": "value"
    (re.compile(
        r"(?i)((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key)s?"
        r"[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&)}\]]+)"
    ), r"\1" + HIDDEN),
)  # fmt: skip


class Redactor:
    """A structlog processor that hides secrets in every value of a line, tracebacks included.

    Args:
        own: secrets of this deployment, hidden wherever they stand; those shorter than
            SHORTEST_OWN are left out.
    """

    def __init__(self, own: Collection[str] = ()) -> None:
        long = sorted({one for one in own if len(one) >= SHORTEST_OWN}, key=len, reverse=True)
        self._own = re.compile("|".join(map(re.escape, long))) if long else None

    def __call__(self, _logger: Any, _method: str, event: Any) -> Any:
        """The line's values, without the secrets."""
        return {name: self._named(name, value, 0) for name, value in event.items()}

    def text(self, text: str) -> str:
        """`text` without what has a secret's form, or is one of ours."""
        if self._own is not None:
            text = self._own.sub(HIDDEN, text)
        for shape, shown in _SHAPES:
            text = shape.sub(shown, text)
        return text

    def _named(self, name: object, value: Any, depth: int) -> Any:
        if isinstance(name, str) and SECRET_NAMES.search(name) and not _says_little(value):
            return HIDDEN
        return self._shown(value, depth)

    def _shown(self, value: Any, depth: int) -> Any:
        if _says_little(value):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping) and depth < DEPTH_MAX:
            return {
                self._shown(name, depth + 1): self._named(name, inner, depth + 1)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset) and depth < DEPTH_MAX:
            return [self._shown(inner, depth + 1) for inner in value]
        return self.text(repr(value))


def _says_little(value: object) -> bool:
    """Whether it is a number, a truth, or nothing: shown under any name."""
    return value is None or isinstance(value, bool | int | float)
