-- A file of closed tickets, written and read back before anything of them went. closed_until: the
-- last closing in it, recorded_until: the last instant anything in it was recorded; at: when it was
-- made (all policy time). dropped_at: it was old enough to go.
CREATE TABLE tierline.archive (
    name           text PRIMARY KEY,
    sha256         text NOT NULL,
    tickets        integer NOT NULL,
    lines          bigint NOT NULL,
    bytes          bigint NOT NULL,
    closed_until   timestamptz NOT NULL,
    recorded_until timestamptz NOT NULL,
    at             timestamptz NOT NULL,
    dropped_at     timestamptz
)
--;
-- What remains of an archived ticket, so that its number leads somewhere. keys: of a restricted one.
-- rows_gone: its events and notices are no longer in their partitions. restored_at (real time): it
-- was brought back, and is left alone for a while.
CREATE TABLE tierline.archived (
    ticket      bigint PRIMARY KEY,
    seq         integer NOT NULL,
    client      text NOT NULL,
    title       text NOT NULL,
    type        text NOT NULL,
    priority    text NOT NULL,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz NOT NULL,
    keys        text[] NOT NULL DEFAULT '{}',
    archive     text NOT NULL REFERENCES tierline.archive (name),
    archived_at timestamptz NOT NULL,
    rows_gone   boolean NOT NULL DEFAULT false,
    restored_at timestamptz
)
--;
CREATE INDEX archived_in ON tierline.archived (archive)
--;
CREATE INDEX archived_rows ON tierline.archived (ticket) WHERE NOT rows_gone
--;
-- thinned: alerts of that month that never had a ticket are gone.
ALTER TABLE tierline.month ADD COLUMN thinned boolean NOT NULL DEFAULT false
