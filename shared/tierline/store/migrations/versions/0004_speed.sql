-- Rows of over 2 KB are packed, or their long values moved out, one by one, at 30 to 50 us of the
-- server's time each: a third of what an alert costs. Most events are somewhat longer than that,
-- and an outbox row lives for milliseconds; up to a page (8 KB) both are kept as they come.
ALTER TABLE tierline.event SET (toast_tuple_target = 8160)
--;
ALTER TABLE tierline.outbox SET (toast_tuple_target = 8160)
--;
-- What is packed all the same costs a tenth with lz4, which not every server is built with.
DO $$
BEGIN
    ALTER TABLE tierline.ticket ALTER COLUMN doc SET COMPRESSION lz4;
    ALTER TABLE tierline.event ALTER COLUMN body SET COMPRESSION lz4;
    ALTER TABLE tierline.outbox ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$
