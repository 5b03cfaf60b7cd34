-- A recorded log that is run through the services: at most one a database, on a development stack.
-- While it has no end, the writes of everybody else are refused.
CREATE TABLE tierline.replay (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    name     text NOT NULL,
    digest   text NOT NULL,
    start_at timestamptz NOT NULL,
    end_at   timestamptz NOT NULL CHECK (end_at >= start_at),
    began_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
)
--;
-- Recorded commands by their keys, for good: an interrupted replay may be resumed after weeks.
CREATE TABLE tierline.replay_command (
    key      text PRIMARY KEY,
    case_key text NOT NULL,
    digest   text NOT NULL,
    verb     text NOT NULL,
    at       timestamptz NOT NULL,
    status   smallint NOT NULL,
    ticket   bigint,
    seq      integer NOT NULL DEFAULT 0,
    code     text NOT NULL DEFAULT '',
    reason   text NOT NULL DEFAULT ''
)
--;
-- The ticket of each case.
CREATE UNIQUE INDEX replay_case ON tierline.replay_command (case_key) INCLUDE (ticket)
    WHERE verb = 'open' AND ticket IS NOT NULL
