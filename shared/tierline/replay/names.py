"""Names of a log made fit for here: logins of people, groups of teams, bounded and unique."""

import re
import unicodedata

NAME_MAX = 100
"""Characters of a name; longer ones are cut."""

LOGIN_MAX = 60

_UNFIT = re.compile(r"[^a-z0-9._-]+")


def line_of(text: str) -> str:
    """One line of printable characters, without spaces around it."""
    line = " ".join(text.split())
    return "".join(c for c in line if c.isprintable()).strip()


def tidy(text: str) -> str:
    """`line_of`, at most NAME_MAX characters of it."""
    return line_of(text)[:NAME_MAX].strip()


class Logins:
    """A login for each name: small letters and digits of it, numbered where two would be alike."""

    def __init__(self) -> None:
        self._by_name: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, name: str) -> str:
        """The login of `name`, the same each time; empty for an empty name."""
        if not name:
            return ""
        if name not in self._by_name:
            login = self._free(_slug(name))
            self._by_name[name] = login
            self._taken.add(login)
        return self._by_name[name]

    def _free(self, slug: str) -> str:
        login, number = slug, 1
        while login in self._taken:
            number += 1
            login = f"{slug[: LOGIN_MAX - 6]}-{number}"
        return login

    def named(self) -> dict[str, str]:
        """Every name met so far and its login, in the order met."""
        return dict(self._by_name)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = _UNFIT.sub("-", plain).strip("-._")[:LOGIN_MAX]
    return slug or "person"


class Groups:
    """A group for each team of a tier: called like the team; with the tier, where it has two."""

    def __init__(self) -> None:
        self._by_team: dict[tuple[str, str], str] = {}
        self._tiers: dict[str, str] = {}

    def of(self, team: str, tier: str) -> str:
        """The group of `team` in `tier`, the same each time."""
        known = self._by_team.get((team, tier))
        if known is None:
            known = team if team not in self._tiers else tidy(f"{team[:80]} ({tier})")
            while known in self._tiers:
                known = tidy(f"{known[:90]} again")
            self._by_team[team, tier] = known
            self._tiers[known] = tier
        return known

    def tiers(self) -> dict[str, str]:
        """Every group and its tier, in the order met."""
        return dict(self._tiers)
