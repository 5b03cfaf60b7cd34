-- What waits for one address, in the order it is due: a look at the due messages goes round an
-- address or a channel that takes nothing now, however much waits there (notifier.claim).
CREATE INDEX message_place ON tierline.message (channel, address, due_at, id)
    WHERE state = 'pending'
--;
-- With the id: a look that ends after so many rows reads no more of them, even where many are due
-- at one instant.
DROP INDEX tierline.message_due
--;
CREATE INDEX message_due ON tierline.message (due_at, id) WHERE state = 'pending'
