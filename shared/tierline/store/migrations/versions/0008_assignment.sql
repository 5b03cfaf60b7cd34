-- Who is asked to take a ticket now; empty where nobody is. It is part of what somebody has in hand.
ALTER TABLE tierline.ticket ADD COLUMN offered_to text NOT NULL DEFAULT ''
--;
CREATE INDEX ticket_offered ON tierline.ticket (offered_to) WHERE offered_to <> ''
--;
-- What each person has in hand, counted from the index alone every second.
CREATE INDEX ticket_in_hand ON tierline.ticket (owner)
    WHERE owner <> '' AND state IN ('queued', 'working', 'on_hold')
--;
-- The last turn of each member of a group: when they were last offered a ticket of it, or claimed
-- one that was not. Nothing is kept beside the events: a turn is what happened and nothing else.
CREATE INDEX event_turn ON tierline.event (
    (body #>> '{data,ticket,group}'),
    (coalesce(body #>> '{data,what,owner}', body #>> '{data,what,to}')),
    recorded_at
) WHERE type IN ('claimed', 'offered') AND body #>> '{data,what,accepted}' IS DISTINCT FROM 'true'
