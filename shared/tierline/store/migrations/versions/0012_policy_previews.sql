-- What a version of the policy would mean for the open tickets, as it was shown to somebody; and,
-- once it is applied, how far moving them to its terms has come.
CREATE TABLE tierline.policy_preview (
    id text PRIMARY KEY,
    version text NOT NULL,
    document json NOT NULL,
    base text NOT NULL,
    answer json NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL,
    open integer NOT NULL,
    last_ticket bigint NOT NULL,
    applied_at timestamptz,
    applied_by text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    move boolean NOT NULL DEFAULT false,
    only_priorities text[] NOT NULL DEFAULT '{}',
    moved_up_to bigint NOT NULL DEFAULT 0,
    moved integer NOT NULL DEFAULT 0,
    ended_at timestamptz
)
