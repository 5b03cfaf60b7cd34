"""The stable names of warnings: what is allowed in a policy, and probably not meant."""

from enum import StrEnum


class Code(StrEnum):
    """One name for each kind of warning; a script may rely on it, never on the sentence."""

    RULE_NEVER_MATCHES = "rule_never_matches"
    RULE_SHADOWED = "rule_shadowed"
    TIER_EMPTY = "tier_empty"
    GROUP_EMPTY = "group_empty"
    PERSON_LEFT = "person_left"
    NOT_RECORDED = "not_recorded"
    NOT_A_MEMBER = "not_a_member"
    STEP_WITHOUT_LIMIT = "step_without_limit"
    STEP_TELLS_NOBODY = "step_tells_nobody"
    PATH_ENDS_BY_HAND = "path_ends_by_hand"
    PATH_ENDS_FOR_SOME = "path_ends_for_some"
    PATH_END_UNTOLD = "path_end_untold"
    PATH_UNUSED = "path_unused"
    HOURS_RARELY_OPEN = "hours_rarely_open"
    PRIORITY_WITHOUT_TARGET = "priority_without_target"
    CONTACT_UNVERIFIED = "contact_unverified"
    CLIENT_WITHOUT_CONTACT = "client_without_contact"
    SOURCE_WITHOUT_CLIENT = "source_without_client"
    SCHEDULE_UNKNOWN = "schedule_unknown"
    SCHEDULE_GAP = "schedule_gap"
    NOBODY_REACHED = "nobody_reached"
