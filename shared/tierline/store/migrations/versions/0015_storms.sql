-- Limits of groups that ran out lately: they are counted from the events, and few of all are such.
CREATE INDEX event_lapse ON tierline.event (recorded_at)
    WHERE type = 'lapsed' AND body #>> '{data,what,clock}' = 'tier'
        AND body #>> '{data,ticket,mode}' <> 'watch'
--;
-- A storm: too many limits of one group ran out at once, and what is beyond is decided once. A group
-- has at most one that is not over. first: the ticket on which its leads are told. Policy time.
CREATE TABLE tierline.storm (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    grp       text NOT NULL,
    first     bigint NOT NULL,
    opened_at timestamptz NOT NULL,
    until     timestamptz NOT NULL,
    over_at   timestamptz
)
--;
CREATE UNIQUE INDEX storm_open ON tierline.storm (grp) WHERE over_at IS NULL
--;
-- What was gathered: the event of the ticket that proposed a move, and the group it would go to.
-- decided: a lead has said what becomes of it.
CREATE TABLE tierline.storm_ticket (
    storm   bigint NOT NULL REFERENCES tierline.storm (id),
    ticket  bigint NOT NULL,
    seq     integer NOT NULL,
    to_grp  text NOT NULL,
    decided boolean NOT NULL DEFAULT false,
    PRIMARY KEY (storm, ticket)
)
