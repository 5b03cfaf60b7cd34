"""CEL expressions: compiled once, bounded, evaluated over facts without ever raising.

CEL (Common Expression Language, github.com/google/cel-spec) always ends, but a loop inside a loop
can take long; so an expression is short and has one loop at most. Regular expressions run in
linear time (the engine is built on Rust's `regex`).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import cel

from tierline.policy.counting import COUNT, WindowError, looked_up, remedy
from tierline.policy.errors import did_you_mean

EXPRESSION_LIMIT = 500
"""Characters of one expression."""
LOOPS_LIMIT = 1

FUNCTIONS = frozenset(
    {
        "size",
        "has",
        "contains",
        "startsWith",
        "endsWith",
        "matches",
        "int",
        "uint",
        "double",
        "string",
        "type",
    }
)
_LOOPS = ("all", "exists", "exists_one", "map", "filter")
_TYPES = frozenset({"int", "uint", "double", "string", "bool", "list", "map", "null_type"})

_RAW = r"""(?:[rR][bB]?|[bB][rR])(?:"[^"]*"|'[^']*')"""
_QUOTED = r"""[bB]?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
_STRINGS = re.compile(f"{_RAW}|{_QUOTED}")
_LOOP = re.compile(rf"\.\s*({'|'.join(_LOOPS)})\s*\(\s*([A-Za-z_]\w*)?")
_RUNTIME_ERRORS = (LookupError, RuntimeError, TypeError, ValueError, ArithmeticError)


class ExpressionError(ValueError):
    """An expression that cannot be used.

    Attributes:
        message: what is wrong.
        remedy: how to put it right; may be empty.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; two with the same source are equal."""

    source: str
    program: "cel.Program" = field(compare=False, repr=False)
    names: frozenset[str] = field(compare=False, repr=False)
    """The variables it uses; no others are handed over."""
    windows: frozenset[str] = field(default=frozenset(), compare=False)
    """The windows it counts over, as they are written."""

    def evaluate(self, variables: Mapping[str, Any]) -> tuple[Any, str]:
        """Evaluate over `variables`.

        Returns:
            The result and an empty note; or None and why there is none (a field that is not there,
            values of the wrong type).
        """
        try:
            used = {name: _plain(variables[name]) for name in self.names if name in variables}
            result = self.program.execute(used)
        except _RUNTIME_ERRORS as error:
            return None, f"{type(error).__name__}: {str(error)[:200]}"
        if isinstance(result, bool):
            return result, ""
        return result, f"the result is {type(result).__name__}, not true or false"


def compile_expression(source: str, known: Collection[str]) -> Expression:
    """Compile `source`, in which the names `known` may be used.

    Raises:
        ExpressionError: too long, more than one loop, not CEL, an unknown name or function.
    """
    if len(source) > EXPRESSION_LIMIT:
        length = f"is {len(source)} characters long"
        raise ExpressionError(length, f"at most {EXPRESSION_LIMIT}: split the rule")
    bare = _STRINGS.sub(" ", source)
    if any(mark in source for mark in ('"""', "'''")):
        raise ExpressionError("holds a text in triple quotes", "write \"...\" or '...'")
    if any(mark in bare for mark in ('"', "'", "//")):
        raise ExpressionError("holds a comment or an open quote", "close it, or leave it out")
    loops = _LOOP.findall(bare)
    if len(loops) > LOOPS_LIMIT:
        several = f"holds {len(loops)} loops ({', '.join(name for name, _ in loops)})"
        raise ExpressionError(several, "use one at most: split the rule")
    variables = {*known, *(variable for _, variable in loops), *_TYPES}
    _check_variables(_compile(source), variables)
    program, windows = _counting(source)
    _check_functions(program)
    return Expression(source, program, frozenset(program.variables()), windows)


def _compile(source: str) -> "cel.Program":
    try:
        return cel.compile(source)
    except _RUNTIME_ERRORS as error:
        said = str(error).split("\n", 1)[0]
        reason = said.partition("ERROR: ")[2].partition(" expecting {")[0]
        raise ExpressionError(
            f"is not an expression: {(reason or said)[:160]}",
            'write one like labels.kind == "backup failed"',
        ) from None


def _counting(source: str) -> tuple["cel.Program", frozenset[str]]:
    """The program that reads counters among its facts, and the windows of these."""
    try:
        text, windows = looked_up(source)
    except WindowError as error:
        raise ExpressionError(str(error), remedy()) from None
    return _compile(text), windows


def _check_variables(program: "cel.Program", known: Collection[str]) -> None:
    for name in program.references()["variables"]:
        if name == COUNT:
            raise ExpressionError("`count` stands without a window", remedy())
        if name not in known:
            raise ExpressionError(f"no fact is called `{name}`", did_you_mean(name, known))


def _check_functions(program: "cel.Program") -> None:
    for name in program.references()["functions"]:
        if not name[0].isalpha() or name in FUNCTIONS:
            continue
        if name == COUNT:
            raise ExpressionError("`count` takes one window, in quotes", remedy())
        known = (*FUNCTIONS, COUNT)
        raise ExpressionError(f"no function is called `{name}`", did_you_mean(name, known))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return str(value) if type(value) not in _EXACT else value
    return str(value)


_EXACT = frozenset({type(None), bool, int, float, str})
