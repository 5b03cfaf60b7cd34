"""Reads one YAML 1.2 file into plain values, keeping where every key and value stands.

ruamel.yaml parses (pure Python: its C loader reads YAML 1.1). What a plain scalar means is decided
here by the core schema of YAML 1.2.2, section 10.3.2, without hexadecimal, octal and timestamps:
`NO` stays a text, `10:30` stays a text, `2026-12-24` stays a text.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tierline.policy.errors import Mark, Positions, Problems, Where

FILE_BYTES_LIMIT = 256 * 1024
VALUES_LIMIT = 20_000
"""Values of one file, what aliases repeat counted each time: stops an alias bomb."""
DEPTH_LIMIT = 30

_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset(
    _CORE + name for name in ("str", "null", "bool", "int", "float", "timestamp", "merge", "value")
)
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Tree:
    """The plain values of a file (mappings have text keys only) and where they stand."""

    root: dict[str, Any] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)


def read_yaml(path: Path, *, shown_as: str | None = None) -> Tree:
    """Read one file.

    Args:
        path: the file, UTF-8.
        shown_as: how findings name it; its path, if left out.

    Returns:
        Its values: dict, list, str, int, float, bool, None. An empty file is an empty mapping.

    Raises:
        PolicyError: not readable, too large, not YAML 1.2, no mapping at the root, a key twice, a
            tag, a tab, too many or too deeply nested values.
    """
    shown = shown_as or str(path)
    problems = Problems(Positions(fallback=Mark(shown, 1, 1)))
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_LIMIT + 1)
        text = data.decode("utf-8-sig")
    except OSError as error:
        problems.error((), f"cannot be read: {error.strerror}", "check the path and its rights")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.positions.fallback = Mark(shown, line, 1)
        problems.error((), "is not UTF-8 text", "save it as UTF-8")
    else:
        if len(data) > FILE_BYTES_LIMIT:
            limit = f"is larger than {FILE_BYTES_LIMIT // 1024} KB"
            problems.error((), limit, "split it into several files")
    problems.raise_if_any()
    return parse_yaml(text, shown)


def parse_yaml(text: str, shown: str) -> Tree:
    """Read the text of one file; `shown` is how findings name it. Raises as `read_yaml`."""
    problems = Problems(Positions(fallback=Mark(shown, 1, 1)))
    _refuse_old_yaml(text, shown, problems)
    node = _compose(text, shown, problems)
    problems.raise_if_any()
    reader = _Reader(shown, problems)
    tree = Tree(positions=problems.positions)
    if isinstance(node, MappingNode):
        tree.root = reader.value(node, ())
    elif node is not None and not _is_null(node):
        problems.positions.fallback = reader.mark(node)
        problems.error((), "is not a mapping", "begin with a key, like `groups:`")
    problems.raise_if_any()
    return tree


def _refuse_old_yaml(text: str, shown: str, problems: Problems) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("%"):
            problems.positions.fallback = Mark(shown, number, 1)
            problems.error((), f"the directive `{line.strip()[:40]}` is refused", _NO_DIRECTIVE)
            return
        if line.strip() and not line.startswith("#"):
            return


_NO_DIRECTIVE = "remove the line: policies are YAML 1.2, where NO is a text and 10:30 is no number"


def _compose(text: str, shown: str, problems: Problems) -> Node | None:
    try:
        node: Node | None = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            problems.positions.fallback = Mark(shown, mark.line + 1, mark.column + 1)
        said = str(error.problem or error.context or "cannot be read")
        problems.error((), f"not valid YAML: {said}", _syntax_remedy(said))
    except YAMLError as error:
        said = str(error).split("\n", 1)[0]
        problems.error((), f"not valid YAML: {said}", "remove the control character")
    except RecursionError:
        problems.error((), "is nested too deeply", f"use at most {DEPTH_LIMIT} levels")
    except (ValueError, TypeError, IndexError, AttributeError, AssertionError) as error:
        # The parser's own slips on malformed input (a fuzzer finds them) are the file's fault.
        problems.error((), f"not valid YAML: {error}", "check quotes, brackets and indentation")
    else:
        return node
    return None


def _syntax_remedy(said: str) -> str:
    if "\\t" in said or "\t" in said:
        return "indent with spaces, never with tabs"
    if "another document" in said:
        return "keep one document a file: remove the `---` line"
    if "mapping values are not allowed" in said:
        return "check the indentation, or quote a text that holds `: `"
    if "undefined alias" in said:
        return "define the anchor (&name) before the alias (*name)"
    return "check quotes, brackets and indentation"


class _Reader:
    """Turns parsed nodes into plain values, noting positions and problems on the way."""

    def __init__(self, shown: str, problems: Problems) -> None:
        self._shown = shown
        self._problems = problems
        self._left = VALUES_LIMIT

    def mark(self, node: Node) -> Mark:
        return Mark(self._shown, node.start_mark.line + 1, node.start_mark.column + 1)

    def value(self, node: Node, where: Where) -> Any:
        """The plain value of `node`, which stands at `where`."""
        self._problems.positions.values[where] = self.mark(node)
        self._left -= 1
        if self._left < 0:
            if self._left == -1:
                many = f"holds more than {VALUES_LIMIT} values, aliases counted each time"
                self._problems.error(where, many, "split the file, or drop the aliases")
            return None
        if len(where) > DEPTH_LIMIT:
            deep = "is nested too deeply, or contains itself"
            self._problems.error(where, deep, f"use at most {DEPTH_LIMIT} levels")
            return None
        if isinstance(node, MappingNode) and node.tag == _CORE + "map":
            return self._mapping(node, where)
        if isinstance(node, SequenceNode) and node.tag == _CORE + "seq":
            return [self.value(item, (*where, i)) for i, item in enumerate(node.value)]
        if isinstance(node, ScalarNode) and str(node.tag) in _SCALAR_TAGS:
            return _scalar(node)
        tag = f"the tag `{node.tag}` has no meaning here"
        self._problems.error(where, tag, "remove it, and quote the value if it is a text")
        return None

    def _mapping(self, node: MappingNode, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, where)
            if key is None:
                continue
            here = (*where, key)
            if key in found:
                first = self._problems.positions.keys[here]
                self._problems.positions.keys[here] = self.mark(key_node)
                twice = f"is written twice, first in line {first.line}"
                self._problems.error(here, twice, "keep one of the two", at_key=True)
                continue
            self._problems.positions.keys[here] = self.mark(key_node)
            found[key] = self.value(value_node, here)
        return found

    def _key(self, node: Node, where: Where) -> str | None:
        if isinstance(node, ScalarNode) and str(node.tag) in _SCALAR_TAGS:
            if str(node.value) != "<<" or node.style:
                return str(node.value)
            message, remedy = "merging with `<<` is refused", "write the keys out where they hold"
        else:
            message, remedy = "a key must be a text", "write `name: value`"
        shown = (*where, "?")
        self._problems.positions.keys[shown] = self.mark(node)
        self._problems.error(shown, message, remedy, at_key=True)
        return None


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and _scalar(node) is None


def _scalar(node: ScalarNode) -> str | int | float | bool | None:
    text = str(node.value)
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
