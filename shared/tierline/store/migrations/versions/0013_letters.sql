-- When the next letter of each kind and subject is due (policy time), as that version of the policy
-- has it. `about`: a group, or empty.
CREATE TABLE tierline.letter_due (
    kind   text NOT NULL,
    about  text NOT NULL,
    due_at timestamptz NOT NULL,
    day    date NOT NULL,
    policy text NOT NULL,
    PRIMARY KEY (kind, about)
)
--;
CREATE INDEX letter_due_at ON tierline.letter_due (due_at)
--;
-- A letter that was written: one a kind, subject and local day, whoever asks and however often.
-- doc: what it says. message: none where it was not sent, and why says the reason.
CREATE TABLE tierline.letter (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text NOT NULL,
    about     text NOT NULL,
    day       date NOT NULL,
    due_at    timestamptz NOT NULL,
    at        timestamptz NOT NULL,
    recipient text NOT NULL,
    policy    text NOT NULL,
    doc       json NOT NULL,
    message   bigint,
    why       text NOT NULL DEFAULT '',
    UNIQUE (kind, about, day)
)
--;
-- What was made of a resolved ticket (the event seq) that the tier below could have done. No row: it
-- is open. at: policy time.
CREATE TABLE tierline.training (
    ticket bigint NOT NULL,
    seq    integer NOT NULL,
    state  text NOT NULL CHECK (state IN ('open', 'planned', 'done')),
    by     text NOT NULL,
    at     timestamptz NOT NULL,
    note   text NOT NULL DEFAULT '',
    PRIMARY KEY (ticket, seq)
)
--;
CREATE TABLE tierline.guide (
    category   text NOT NULL,
    title      text NOT NULL,
    review_by  text NOT NULL DEFAULT '',
    doc        json NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    loaded     text NOT NULL DEFAULT '',
    PRIMARY KEY (category, title)
)
--;
-- Moves and ends of work, of which ledgers and training are made: few of all events.
CREATE INDEX event_moved ON tierline.event (type, recorded_at)
    WHERE type IN ('escalated', 'resolved', 'returned', 'transferred')
--;
-- Reports read what was recorded in a week. Events come in that order, so a summary of each stretch
-- of the table finds them, and costs a writer nothing that can be measured.
CREATE INDEX event_recorded ON tierline.event USING brin (recorded_at) WITH (autosummarize = on)
