-- One row an erasure, for good. address, names and clients are there while it goes on, so that one
-- that was cut short is taken up with the same pseudonym; its end takes them away. counts: rows that
-- were changed, by table. All instants are real time.
CREATE TABLE tierline.erasure (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pseudonym text NOT NULL UNIQUE,
    asked_by  text NOT NULL,
    began_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at  timestamptz,
    counts    json NOT NULL DEFAULT '{}',
    address   text NOT NULL DEFAULT '',
    names     text[] NOT NULL DEFAULT '{}',
    clients   text[] NOT NULL DEFAULT '{}',
    CHECK (ended_at IS NULL OR (address = '' AND names = '{}' AND clients = '{}'))
)
--;
CREATE UNIQUE INDEX erasure_open ON tierline.erasure (address) WHERE ended_at IS NULL
