-- Alerts that are alike, by acceptance: what rules with count("7d") go by.
CREATE INDEX alert_alike ON tierline.alert (client, dedup_key, integration, accepted_at)
--;
-- Restricted tickets, and the keys of those who may see each: what the walls of tickets ask.
CREATE TABLE tierline.restricted (
    ticket bigint PRIMARY KEY,
    keys   text[] NOT NULL
)
--;
-- Whether a subscription gets the events of restricted tickets too.
ALTER TABLE tierline.subscription ADD COLUMN restricted boolean NOT NULL DEFAULT false
