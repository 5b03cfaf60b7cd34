-- What the auditor found, by kind, when it was told last (-infinity: it could not be), and since when
-- it is over. One row a kind: several auditors tell a finding once.
CREATE TABLE tierline.finding (
    what    text PRIMARY KEY,
    since   timestamptz NOT NULL,
    told_at timestamptz NOT NULL,
    over_at timestamptz
);
