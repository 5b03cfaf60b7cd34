"""The keys of restricted tickets that callers hold, by the policy in force."""

from collections.abc import Collection

from tierline.domain.seeing import keys_held
from tierline.policy.source import NoPolicyError, PolicySource
from tierline.web.auth import Keys


def keys_by(source: PolicySource) -> Keys:
    """What an Authenticator asks: without a policy nobody holds any."""

    def held(login: str, groups: Collection[str]) -> frozenset[str]:
        try:
            return keys_held(login, groups, source.current)
        except NoPolicyError:
            return frozenset()

    return held
