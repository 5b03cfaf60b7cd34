-- Alerts that are alike, by acceptance: what rules with count("7d") go by.
CREATE INDEX alert_alike ON tierline.alert (client, dedup_key, integration, accepted_at)
