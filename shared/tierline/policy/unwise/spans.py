"""Sets of instants as stretches: in order, none touching another, in microseconds."""

from collections.abc import Iterable, Sequence
from functools import reduce

from tierline.domain.windows import Span, merged


def union(many: Iterable[Iterable[Span]]) -> list[Span]:
    """The instants that lie in any of them."""
    return merged(span for spans in many for span in spans)


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """The instants of `spans` that do not lie in `taken`; both as `merged` leaves them."""
    left: list[Span] = []
    first = 0
    for start, end in spans:
        at = start
        while first < len(taken) and taken[first][1] <= at:
            first += 1
        for begin, until in taken[first:]:
            if begin >= end:
                break
            if at < begin:
                left.append((at, begin))
            at = max(at, until)
        if at < end:
            left.append((at, end))
    return left


def common(window: Span, many: Iterable[Sequence[Span]]) -> list[Span]:
    """The instants of `window` that lie in all of them."""
    return reduce(lambda left, spans: without(left, without([window], spans)), many, [window])
