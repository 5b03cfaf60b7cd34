-- Months: blocks of numbers. What is opened in a month (policy time) has the numbers of a block, and
-- whatever is written of it later lies in that block's partitions: events and notices by the ticket's
-- number, alerts by their own. So a ticket's whole history is in one partition, and every key that
-- makes an effect happen once holds as it did.
-- until: the first number behind the block. begins: the month in which its numbers began to be drawn;
-- null: not yet. since: the last number before that. dropped_at: its partitions are no more.
CREATE TABLE IF NOT EXISTS tierline.month (
    kind       text NOT NULL CHECK (kind IN ('ticket', 'alert')),
    first      bigint NOT NULL,
    until      bigint NOT NULL,
    begins     date,
    since      bigint NOT NULL DEFAULT 0,
    dropped_at timestamptz,
    PRIMARY KEY (kind, first),
    CHECK (first < until)
)
--;
-- The first block has room for what comes while the tables are changed: a tenth of all there is, and
-- a thousand tickets or a million alerts at least.
INSERT INTO tierline.month (kind, first, until)
SELECT kind, 0, 1 + ceil((last + greatest(smallest, last / 10)) / smallest::float8)::bigint * smallest
FROM (
    SELECT 'ticket' AS kind, 1000 AS smallest, last_value - (NOT is_called)::int AS last
    FROM tierline.ticket_number
    UNION ALL
    SELECT 'alert', 1000000, last_value - (NOT is_called)::int FROM tierline.alert_id_seq
) AS drawn
ON CONFLICT DO NOTHING
--;
-- The tables whose months are blocks of such numbers, and the column of each that holds them.
CREATE OR REPLACE FUNCTION tierline.parted(kind text) RETURNS TABLE (parent text, key text)
LANGUAGE sql IMMUTABLE AS $$
    SELECT v.parent, v.key FROM (VALUES ('ticket', 'event', 'ticket'), ('ticket', 'notice', 'ticket'),
                          ('alert', 'alert', 'id')) AS v(kind, parent, key) WHERE v.kind = parted.kind
$$
--;
-- Indexes of a partition go by the names of its parent's: event_turn, event_3001_turn.
CREATE OR REPLACE FUNCTION tierline.name_indexes(parent text, part text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT c.relname AS found, part || substr(p.relname, length(parent) + 1) AS wanted
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
        WHERE x.indrelid = format('tierline.%I', part)::regclass
    LOOP
        IF one.found <> one.wanted THEN
            EXECUTE format('ALTER INDEX tierline.%I RENAME TO %I', one.found, one.wanted);
        END IF;
    END LOOP;
END $$
--;
-- A new block and its partitions. What already lies in the rest (the numbers outran the blocks) is
-- moved; nothing else is read, and only the rest is locked. With the rights of whoever owns the
-- tables: services need none to change the schema.
CREATE OR REPLACE FUNCTION tierline.add_month(kind text, first bigint, until bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    one record;
    part text;
    rest text;
    options text;
BEGIN
    FOR one IN SELECT * FROM tierline.parted(add_month.kind) LOOP
        part := one.parent || '_' || first;
        rest := one.parent || '_rest';
        SELECT coalesce('WITH (' || array_to_string(reloptions, ', ') || ')', '') INTO options
            FROM pg_class WHERE oid = format('tierline.%I', rest)::regclass;
        EXECUTE format('LOCK TABLE tierline.%I IN ACCESS EXCLUSIVE MODE', rest);
        EXECUTE format(
            'CREATE TABLE tierline.%I (LIKE tierline.%I INCLUDING CONSTRAINTS INCLUDING STORAGE'
            ' INCLUDING COMPRESSION) %s', part, one.parent, options);
        EXECUTE format(
            'WITH moved AS (DELETE FROM tierline.%I WHERE %I >= %s AND %I < %s RETURNING *)'
            ' INSERT INTO tierline.%I SELECT * FROM moved',
            rest, one.key, first, one.key, until, part);
        EXECUTE format(
            'ALTER TABLE tierline.%I ATTACH PARTITION tierline.%I FOR VALUES FROM (%s) TO (%s)',
            one.parent, part, first, until);
        PERFORM tierline.name_indexes(one.parent, part);
    END LOOP;
    INSERT INTO tierline.month (kind, first, until)
        VALUES (add_month.kind, add_month.first, add_month.until);
END $$
--;
-- The end of a block: its partitions go as a whole.
CREATE OR REPLACE FUNCTION tierline.drop_month(kind text, first bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    one record;
    part text;
BEGIN
    FOR one IN SELECT * FROM tierline.parted(drop_month.kind) LOOP
        part := one.parent || '_' || first;
        EXECUTE format('ALTER TABLE tierline.%I DETACH PARTITION tierline.%I', one.parent, part);
        EXECUTE format('DROP TABLE tierline.%I', part);
    END LOOP;
    UPDATE tierline.month AS m SET dropped_at = clock_timestamp()
        WHERE m.kind = drop_month.kind AND m.first = drop_month.first;
END $$
--;
-- Alerts alike that fired in a span, among the latest so many. Where few are expected PostgreSQL
-- would rather read all of each partition and sort than take them in turn by the index; of a source
-- that sends without end all is too many. What is asked of a function is planned as the function
-- says.
CREATE OR REPLACE FUNCTION tierline.alike(
    integration text, dedup_key text, client text, since timestamptz, until timestamptz, most bigint
) RETURNS TABLE (accepted_at timestamptz, idx smallint, id bigint)
LANGUAGE plpgsql STABLE SET enable_sort = off SET enable_bitmapscan = off SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT a.accepted_at, a.idx, a.id FROM (
        SELECT e.accepted_at, e.idx, e.id, e.body FROM tierline.alert AS e
        WHERE e.client = alike.client AND e.dedup_key = alike.dedup_key
            AND e.integration = alike.integration
            AND e.accepted_at > alike.since AND e.accepted_at <= alike.until
        ORDER BY e.accepted_at DESC LIMIT alike.most
    ) AS a WHERE a.body ->> 'status' = 'firing';
END $$
--;
-- Makes a table the first partition of a new one of its name. Its rows stay where they are and its
-- indexes become the partition's, so that the lock lasts some milliseconds. Gone with this migration.
CREATE OR REPLACE FUNCTION tierline.part_table(what text, key text, until bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    old  text := what || '_0';
    rest text := what || '_rest';
    seq  text := format('tierline.%I', what || '_id_seq');
    options text;
    drawn bigint;
    called boolean;
    one record;
BEGIN
    EXECUTE format('LOCK TABLE tierline.%I IN ACCESS EXCLUSIVE MODE', what);
    -- An identity cannot be a partition's. What draws by name goes on drawing from that name.
    IF what <> 'event' THEN
        EXECUTE format('SELECT last_value, is_called FROM %s', seq) INTO drawn, called;
        EXECUTE format('ALTER TABLE tierline.%I ALTER COLUMN id DROP IDENTITY', what);
        EXECUTE format('CREATE SEQUENCE %s AS bigint', seq);
        PERFORM setval(seq, drawn, called);
        EXECUTE format('ALTER TABLE tierline.%I ALTER COLUMN id SET DEFAULT nextval(%L)', what, seq);
    END IF;
    IF what = 'notice' THEN
        ALTER TABLE tierline.notice DROP CONSTRAINT notice_pkey,
            ADD CONSTRAINT notice_pkey PRIMARY KEY USING INDEX notice_id_ticket;
    END IF;
    EXECUTE format('ALTER TABLE tierline.%I RENAME TO %I', what, old);
    FOR one IN
        SELECT c.relname AS name FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        WHERE x.indrelid = format('tierline.%I', old)::regclass
    LOOP
        EXECUTE format('ALTER INDEX tierline.%I RENAME TO %I', one.name,
            old || substr(one.name, length(what) + 1));
    END LOOP;
    EXECUTE format(
        'CREATE TABLE tierline.%I (LIKE tierline.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS'
        ' INCLUDING STORAGE INCLUDING COMPRESSION) PARTITION BY RANGE (%I)', what, old, key);
    EXECUTE format('ALTER TABLE tierline.%I DROP CONSTRAINT %I', what, what || '_until');
    FOR one IN
        SELECT what || substr(c.relname, length(old) + 1) AS name, k.conname IS NOT NULL AS key,
            coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(x.indexrelid)) AS def
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
        LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')
        WHERE x.indrelid = format('tierline.%I', old)::regclass
    LOOP
        IF one.key THEN
            EXECUTE format('ALTER TABLE tierline.%I ADD CONSTRAINT %I %s', what, one.name, one.def);
        ELSE
            EXECUTE replace(one.def, old, what);
        END IF;
    END LOOP;
    EXECUTE format(
        'ALTER TABLE tierline.%I ATTACH PARTITION tierline.%I FOR VALUES FROM (MINVALUE) TO (%s)',
        what, old, until);
    EXECUTE format('ALTER TABLE tierline.%I DROP CONSTRAINT %I', old, what || '_until');
    -- What comes beyond every block lies here: nothing is ever refused for want of a partition.
    SELECT coalesce('WITH (' || array_to_string(reloptions, ', ') || ')', '') INTO options
        FROM pg_class WHERE oid = format('tierline.%I', old)::regclass;
    EXECUTE format(
        'CREATE TABLE tierline.%I (LIKE tierline.%I INCLUDING CONSTRAINTS INCLUDING STORAGE'
        ' INCLUDING COMPRESSION) %s', rest, what, options);
    EXECUTE format('ALTER TABLE tierline.%I ATTACH PARTITION tierline.%I DEFAULT', what, rest);
    PERFORM tierline.name_indexes(what, rest);
    IF what <> 'event' THEN
        EXECUTE format('ALTER SEQUENCE %s OWNED BY tierline.%I.id', seq, what);
    END IF;
END $$
