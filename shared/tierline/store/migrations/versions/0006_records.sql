-- doc holds the fields of a record that have no column; version is its ETag; loaded is the digest
-- of the folder's entry it was last loaded from, so that what people edited since then stays.
ALTER TABLE tierline.client
    ADD COLUMN domains         text[] NOT NULL DEFAULT '{}',
    ADD COLUMN account_manager text NOT NULL DEFAULT '',
    ADD COLUMN service_manager text NOT NULL DEFAULT '',
    ADD COLUMN doc             json NOT NULL DEFAULT '{}',
    ADD COLUMN version         integer NOT NULL DEFAULT 1,
    ADD COLUMN changed_at      timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN loaded          text NOT NULL DEFAULT ''
--;
ALTER TABLE tierline.contact
    ADD COLUMN phone      text NOT NULL DEFAULT '',
    ADD COLUMN doc        json NOT NULL DEFAULT '{}',
    ADD COLUMN version    integer NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN loaded     text NOT NULL DEFAULT ''
--;
ALTER TABLE tierline.device
    ADD COLUMN agreement  text NOT NULL DEFAULT '',
    ADD COLUMN doc        json NOT NULL DEFAULT '{}',
    ADD COLUMN version    integer NOT NULL DEFAULT 1,
    ADD COLUMN changed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN loaded     text NOT NULL DEFAULT ''
--;
ALTER TABLE tierline.person
    ADD COLUMN skills        text[] NOT NULL DEFAULT '{}',
    ADD COLUMN zone          text NOT NULL DEFAULT '',
    ADD COLUMN capacity      integer CHECK (capacity >= 0),
    ADD COLUMN usual_clients text[] NOT NULL DEFAULT '{}',
    ADD COLUMN doc           json NOT NULL DEFAULT '{}',
    ADD COLUMN version       integer NOT NULL DEFAULT 1,
    ADD COLUMN changed_at    timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN loaded        text NOT NULL DEFAULT ''
--;
CREATE TABLE tierline.site (
    client     text NOT NULL REFERENCES tierline.client ON DELETE CASCADE,
    name       text NOT NULL,
    zone       text NOT NULL DEFAULT '',
    doc        json NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    loaded     text NOT NULL DEFAULT '',
    PRIMARY KEY (client, name)
)
--;
CREATE TABLE tierline.vendor (
    name       text PRIMARY KEY,
    email      text NOT NULL DEFAULT '',
    phone      text NOT NULL DEFAULT '',
    resold     boolean NOT NULL DEFAULT false,
    doc        json NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    loaded     text NOT NULL DEFAULT ''
)
--;
CREATE TABLE tierline.partner (
    name       text PRIMARY KEY,
    email      text NOT NULL DEFAULT '',
    phone      text NOT NULL DEFAULT '',
    clients    text[] NOT NULL DEFAULT '{}',
    doc        json NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    loaded     text NOT NULL DEFAULT ''
)
--;
-- person: a name, as policies and rosters call people; starts and ends: by the clock of the
-- person's own zone, half-open.
CREATE TABLE tierline.absence (
    person     text NOT NULL,
    since      text NOT NULL,
    starts     timestamp NOT NULL,
    ends       timestamp NOT NULL CHECK (ends > starts),
    stand_in   text NOT NULL DEFAULT '',
    doc        json NOT NULL DEFAULT '{}',
    version    integer NOT NULL DEFAULT 1,
    changed_at timestamptz NOT NULL DEFAULT now(),
    loaded     text NOT NULL DEFAULT '',
    PRIMARY KEY (person, since)
)
--;
-- Who is away now.
CREATE INDEX absence_ends ON tierline.absence (ends)
--;
-- What stands at a site, when it is asked whether the site may go.
CREATE INDEX device_site ON tierline.device (client, site) WHERE site <> ''
--;
-- Absences and policies name people by name.
CREATE INDEX person_name ON tierline.person (name)
--;
-- Every change of a record, for good. at: policy time; batch: the import it belongs to.
CREATE TABLE tierline.record_change (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    text NOT NULL,
    name    text NOT NULL,
    client  text NOT NULL DEFAULT '',
    at      timestamptz NOT NULL,
    real_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    by      text NOT NULL,
    how     text NOT NULL CHECK (how IN ('api', 'csv', 'folder', 'page')),
    batch   text NOT NULL DEFAULT '',
    before  json,
    after   json
)
--;
CREATE INDEX record_change_of ON tierline.record_change (kind, name, id DESC)
--;
CREATE INDEX record_change_client ON tierline.record_change (client, id DESC)
