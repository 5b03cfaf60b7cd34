-- What an event means for other tickets: one row a (cause, kind, target), written with the progress
-- of whoever read the event, taken by whoever has the time, kept with what became of it.
-- muted: the target's requester hears the same of another ticket.
CREATE TABLE tierline.reaction (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket     bigint NOT NULL,
    seq        integer NOT NULL,
    kind       text NOT NULL,
    target     bigint NOT NULL,
    muted      boolean NOT NULL DEFAULT false,
    state      text NOT NULL DEFAULT 'pending'
               CHECK (state IN ('pending', 'done', 'refused', 'failed')),
    reason     text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    UNIQUE (ticket, seq, kind, target)
)
--;
-- Those that wait, and which of a target's comes first.
CREATE INDEX reaction_waiting ON tierline.reaction (id) WHERE state = 'pending'
--;
CREATE INDEX reaction_line ON tierline.reaction (target, id) WHERE state = 'pending'
--;
-- What happened before there were reactions means nothing for others.
INSERT INTO tierline.progress (consumer, ticket, seq) SELECT 'reactions', id, seq FROM tierline.ticket
--;
-- Declared major incidents, for the board; a statement of its own sets it, once a ticket.
ALTER TABLE tierline.ticket ADD COLUMN major boolean NOT NULL DEFAULT false
--;
CREATE INDEX ticket_major ON tierline.ticket (id) WHERE major AND state <> 'closed'
--;
-- Problems that are open: the list of known errors.
CREATE INDEX ticket_problems ON tierline.ticket (client, id)
    WHERE type = 'problem' AND state <> 'closed'
