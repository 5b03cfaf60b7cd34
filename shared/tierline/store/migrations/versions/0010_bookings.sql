-- What lists look for beside the state: when a ticket is to be worked on as agreed, and whose it is
-- to confirm with the client. Both are of few tickets, so both indexes hold only those.
ALTER TABLE tierline.ticket
    ADD COLUMN booked_from  timestamptz,
    ADD COLUMN booked_until timestamptz,
    ADD COLUMN confirming   text NOT NULL DEFAULT ''
--;
CREATE INDEX ticket_booked ON tierline.ticket (booked_from) WHERE booked_from IS NOT NULL
--;
CREATE INDEX ticket_confirming ON tierline.ticket (confirming, id) WHERE confirming <> ''
--;
UPDATE tierline.ticket SET confirming = doc ->> 'desk_owner'
    WHERE state = 'resolved' AND doc ->> 'desk_owner' <> ''
--;
-- How requesters say it was is counted over time, and when one was last asked is looked up.
CREATE INDEX event_surveyed ON tierline.event (at) WHERE type = 'survey_answered'
--;
CREATE INDEX notice_surveyed ON tierline.notice (recipient) WHERE occasion = 'survey'
