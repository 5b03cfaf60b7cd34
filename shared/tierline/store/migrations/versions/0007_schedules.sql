-- An on-call schedule without its overrides, as tierline.domain.rota writes it. The version counts
-- its changes, those of its overrides included, so that a copy can be known as old.
CREATE TABLE tierline.schedule (
    name text PRIMARY KEY,
    doc text NOT NULL,
    version bigint NOT NULL DEFAULT 1
)
--;
CREATE TABLE tierline.override (
    id text PRIMARY KEY,
    schedule text NOT NULL REFERENCES tierline.schedule (name) ON DELETE CASCADE,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    person text NOT NULL DEFAULT '',
    replaces text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    by text NOT NULL,
    made_at timestamptz NOT NULL,
    CHECK (from_at < until_at),
    CHECK (person <> '' OR replaces <> '')
)
--;
-- Those that still matter are asked for by their end.
CREATE INDEX override_until ON tierline.override (schedule, until_at)
