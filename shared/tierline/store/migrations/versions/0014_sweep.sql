-- Until when a consumer was found to have seen every event. A sweep of everything need not look at
-- tickets that have not changed since.
CREATE TABLE tierline.sweep (
    consumer    text PRIMARY KEY,
    clean_until timestamptz NOT NULL
);
