CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT c.relname AS name, k.conname IS NOT NULL AS key,
    coalesce(pg_get_constraintdef(k.oid),
             replace(pg_get_indexdef(x.indexrelid), 'ON ONLY', 'ON')) AS def
FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.contype IN ('p', 'u')
WHERE x.indrelid = 'tierline.@T@'::regclass
--;
CREATE TABLE tierline.whole (LIKE tierline.@T@ INCLUDING CONSTRAINTS INCLUDING STORAGE
    INCLUDING COMPRESSION INCLUDING DEFAULTS)
--;
INSERT INTO tierline.whole SELECT * FROM tierline.@T@
--;
DO $$
DECLARE
    one record;
    next bigint;
    options text;
BEGIN
    IF '@T@' <> 'event' THEN
        next := nextval('tierline.@T@_id_seq');
        ALTER TABLE tierline.whole ALTER COLUMN id DROP DEFAULT;
    END IF;
    SELECT array_to_string(reloptions, ', ') INTO options
        FROM pg_class WHERE oid = 'tierline.@T@_rest'::regclass;
    DROP TABLE tierline.@T@;
    ALTER TABLE tierline.whole RENAME TO @T@;
    IF options IS NOT NULL THEN
        EXECUTE format('ALTER TABLE tierline.@T@ SET (%s)', options);
    END IF;
    IF next IS NOT NULL THEN
        EXECUTE format('ALTER TABLE tierline.@T@ ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY'
            ' (SEQUENCE NAME tierline.@T@_id_seq START WITH %s)', next);
    END IF;
    FOR one IN SELECT * FROM made LOOP
        IF one.key THEN
            EXECUTE format('ALTER TABLE tierline.@T@ ADD CONSTRAINT %I %s', one.name,
                replace(one.def, '(id, ticket)', '(id)'));
        ELSE
            EXECUTE one.def;
        END IF;
    END LOOP;
END $$
--;
DROP TABLE made
