CREATE SCHEMA tierline
--;
-- Policy time. One row; speed 1 and equal anchors is real time. A development stack may speed it
-- up, jump it forward or hold it; production never writes here.
CREATE TABLE tierline.policy_clock (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    real_anchor timestamptz NOT NULL DEFAULT '2000-01-01T00:00:00Z',
    anchor      timestamptz NOT NULL DEFAULT '2000-01-01T00:00:00Z',
    speed       double precision NOT NULL DEFAULT 1 CHECK (speed > 0 AND speed <= 100000),
    held        boolean NOT NULL DEFAULT false,
    changed     bigint NOT NULL DEFAULT 0
)
--;
INSERT INTO tierline.policy_clock DEFAULT VALUES
--;
-- Policy time at this very moment: volatile on purpose, called in a statement of its own once every
-- row lock is held, so that no event is recorded behind one that is already visible.
CREATE FUNCTION tierline.policy_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN held THEN anchor
           ELSE anchor + (clock_timestamp() - real_anchor) * speed END
    FROM tierline.policy_clock
$$
--;
CREATE TABLE tierline.policy_version (
    version   text PRIMARY KEY,
    document  json NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT now(),
    loaded_by text NOT NULL DEFAULT '',
    active    boolean NOT NULL DEFAULT false
)
--;
CREATE UNIQUE INDEX policy_version_active ON tierline.policy_version (active) WHERE active
--;
-- Every calendar any version ever held, by content hash: pinned promises are always reckonable.
CREATE TABLE tierline.calendar (
    hash     text PRIMARY KEY,
    document json NOT NULL
)
--;
CREATE TABLE tierline.client (
    name      text PRIMARY KEY,
    agreement text NOT NULL DEFAULT '',
    record    text NOT NULL DEFAULT 'tierline' CHECK (record IN ('psa', 'tierline')),
    mode      text CHECK (mode IN ('watch', 'suggest', 'act'))
)
--;
INSERT INTO tierline.client (name) VALUES ('Unsorted')
--;
CREATE TABLE tierline.contact (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client text NOT NULL REFERENCES tierline.client ON DELETE CASCADE,
    name   text NOT NULL,
    email  text NOT NULL DEFAULT '',
    vip    boolean NOT NULL DEFAULT false,
    UNIQUE (client, name)
)
--;
CREATE TABLE tierline.device (
    client      text NOT NULL REFERENCES tierline.client ON DELETE CASCADE,
    name        text NOT NULL,
    site        text NOT NULL DEFAULT '',
    type        text NOT NULL DEFAULT '',
    criticality smallint CHECK (criticality BETWEEN 1 AND 3),
    PRIMARY KEY (client, name)
)
--;
-- clients: null sees all; a list walls the person in.
CREATE TABLE tierline.person (
    login         text PRIMARY KEY,
    name          text NOT NULL,
    email         text NOT NULL DEFAULT '',
    role          text NOT NULL CHECK (role IN ('technician', 'lead', 'manager')),
    groups        text[] NOT NULL DEFAULT '{}',
    clients       text[],
    password_hash text NOT NULL DEFAULT '',
    active        boolean NOT NULL DEFAULT true
)
--;
CREATE TABLE tierline.room (
    name text PRIMARY KEY,
    kind text NOT NULL,
    url  text NOT NULL DEFAULT ''
)
--;
CREATE TABLE tierline.session (
    id         text PRIMARY KEY,
    login      text NOT NULL REFERENCES tierline.person ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
)
--;
CREATE TABLE tierline.api_token (
    hash       text PRIMARY KEY,
    name       text NOT NULL,
    login      text REFERENCES tierline.person ON DELETE CASCADE,
    scopes     text[] NOT NULL,
    clients    text[],
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
)
--;
-- client: bound; client_field: the alert field or label that names it; neither: Unsorted.
CREATE TABLE tierline.integration (
    name         text PRIMARY KEY,
    kind         text NOT NULL,
    client       text REFERENCES tierline.client,
    client_field text NOT NULL DEFAULT '',
    settings     json NOT NULL DEFAULT '{}',
    active       boolean NOT NULL DEFAULT true
)
--;
CREATE TABLE tierline.integration_key (
    hash        text PRIMARY KEY,
    integration text NOT NULL REFERENCES tierline.integration ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
)
--;
-- Webhook subscriptions; clients: null gets all. secrets: at most two live (rotation).
CREATE TABLE tierline.subscription (
    name        text PRIMARY KEY,
    url         text NOT NULL,
    secrets     text[] NOT NULL,
    clients     text[],
    types       text[],
    active      boolean NOT NULL DEFAULT true,
    disabled_at timestamptz,
    why         text NOT NULL DEFAULT ''
)
--;
CREATE TABLE tierline.alert (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    accepted_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    idx         smallint NOT NULL DEFAULT 0,
    integration text NOT NULL,
    source      text NOT NULL,
    client      text NOT NULL,
    dedup_key   text NOT NULL,
    body        json NOT NULL,
    outcome     text,
    ticket      bigint,
    handled_at  timestamptz
)
--;
-- What the sweep and the auditor look for: alerts nobody has made an outcome of.
CREATE INDEX alert_waiting ON tierline.alert (id) WHERE outcome IS NULL
--;
CREATE INDEX alert_ticket ON tierline.alert (ticket) WHERE ticket IS NOT NULL
--;
-- One row a problem: the last applied alert, the open ticket, and triage's lock.
CREATE TABLE tierline.problem (
    client      text NOT NULL,
    key         text NOT NULL,
    accepted_at timestamptz,
    idx         smallint NOT NULL DEFAULT 0,
    alert       bigint NOT NULL DEFAULT 0,
    ticket      bigint,
    PRIMARY KEY (client, key)
)
--;
CREATE SEQUENCE tierline.ticket_number START 1001
--;
-- doc is the whole state; the columns beside it are what lists, walls and indexes need.
CREATE TABLE tierline.ticket (
    id          bigint PRIMARY KEY,
    seq         integer NOT NULL,
    doc         json NOT NULL,
    state       text NOT NULL,
    type        text NOT NULL,
    client      text NOT NULL,
    title       text NOT NULL,
    priority    text NOT NULL,
    tier        text NOT NULL,
    grp         text NOT NULL,
    owner       text NOT NULL,
    problem_key text NOT NULL DEFAULT '',
    opened_at   timestamptz NOT NULL,
    promise_due timestamptz,
    next_due_at timestamptz,
    recorded_at timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((next_due_at IS NULL) = (state = 'closed'))
) WITH (fillfactor = 70)
--;
CREATE UNIQUE INDEX ticket_open_problem ON tierline.ticket (client, problem_key)
    WHERE state <> 'closed' AND problem_key <> ''
--;
-- The due index: how time finds what it has to do.
CREATE INDEX ticket_due ON tierline.ticket (next_due_at) WHERE next_due_at IS NOT NULL
--;
CREATE INDEX ticket_board ON tierline.ticket (grp, priority, promise_due)
    WHERE state IN ('queued', 'working', 'on_hold')
--;
-- Lists of open tickets, the nearest promise first; the board counts by it, too.
CREATE INDEX ticket_open ON tierline.ticket (coalesce(promise_due, 'infinity'::timestamptz), id)
    WHERE state <> 'closed'
--;
-- What the sweeps look for: tickets changed lately.
CREATE INDEX ticket_changed ON tierline.ticket (changed_at)
--;
CREATE INDEX ticket_owner ON tierline.ticket (owner) WHERE state <> 'closed' AND owner <> ''
--;
CREATE INDEX ticket_client ON tierline.ticket (client, id DESC)
--;
-- body is the message as it goes on the wire (CloudEvents), with the snapshot after it.
CREATE TABLE tierline.event (
    ticket      bigint NOT NULL,
    seq         integer NOT NULL,
    at          timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    type        text NOT NULL,
    client      text NOT NULL,
    cause       text NOT NULL DEFAULT '',
    body        json NOT NULL,
    written_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (ticket, seq)
)
--;
-- Commands of people and tokens, by their Idempotency-Key: a retry gets the first answer.
CREATE TABLE tierline.command (
    asker      text NOT NULL,
    key        text NOT NULL,
    digest     text NOT NULL,
    status     smallint NOT NULL,
    answer     json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (asker, key)
)
--;
CREATE TABLE tierline.outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    shard      smallint NOT NULL,
    topic      text NOT NULL,
    key        text NOT NULL,
    body       bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
--;
CREATE INDEX outbox_shard ON tierline.outbox (shard, id)
--;
-- What each consumer has seen of each ticket; written with the consumer's effects.
CREATE TABLE tierline.progress (
    consumer text NOT NULL,
    ticket   bigint NOT NULL,
    seq      integer NOT NULL,
    PRIMARY KEY (consumer, ticket)
) WITH (fillfactor = 70)
--;
-- One row a (ticket, seq, recipient), those who were deliberately not told included.
-- state: pending (in a message that has no outcome yet), delivered, failed, superseded, held,
-- suppressed (a non-notice: why says the reason).
CREATE TABLE tierline.notice (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket     bigint NOT NULL,
    seq        integer NOT NULL,
    client     text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('person', 'room', 'requester', 'subscription')),
    recipient  text NOT NULL,
    occasion   text NOT NULL,
    reach      text NOT NULL,
    policy     text NOT NULL,
    why        text NOT NULL,
    state      text NOT NULL,
    reason     text NOT NULL DEFAULT '',
    message    bigint,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    UNIQUE (ticket, seq, kind, recipient)
)
--;
CREATE INDEX notice_unsettled ON tierline.notice (created_at) WHERE state IN ('pending', 'held')
--;
CREATE INDEX notice_message ON tierline.notice (message)
--;
-- One message on one channel; its key is the Message-ID or webhook-id of every attempt.
-- line: messages of one line go one after the other (a subscription's messages of one ticket).
CREATE TABLE tierline.message (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel    text NOT NULL,
    address    text NOT NULL,
    line       text NOT NULL DEFAULT '',
    key        text NOT NULL UNIQUE,
    content    json NOT NULL,
    state      text NOT NULL DEFAULT 'pending'
               CHECK (state IN ('pending', 'delivered', 'failed', 'superseded', 'held')),
    attempt    integer NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    proof      text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    fallback_of bigint
)
--;
CREATE INDEX message_due ON tierline.message (due_at) WHERE state = 'pending'
--;
CREATE INDEX message_line ON tierline.message (line, id) WHERE state = 'pending' AND line <> ''
--;
CREATE TABLE tierline.attempt (
    message  bigint NOT NULL REFERENCES tierline.message ON DELETE CASCADE,
    number   integer NOT NULL,
    began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    outcome  text NOT NULL DEFAULT '',
    detail   text NOT NULL DEFAULT '',
    PRIMARY KEY (message, number)
)
--;
CREATE TABLE tierline.dead_letter (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text NOT NULL,
    key         text NOT NULL DEFAULT '',
    body        bytea NOT NULL,
    reason      text NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    replayed_at timestamptz
)
--;
-- What the mail catcher of a development stack took in.
CREATE TABLE tierline.caught_mail (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    sender  text NOT NULL,
    rcpt    text NOT NULL,
    subject text NOT NULL,
    raw     bytea NOT NULL
)
