-- Open actions of open tickets, so that a list need not read every ticket; the ticket's state is the
-- truth, and whoever writes it keeps these rows in line in the same transaction.
CREATE TABLE tierline.action (
    ticket  bigint NOT NULL,
    number  int NOT NULL,
    owner   text NOT NULL,
    due     timestamptz NOT NULL,
    PRIMARY KEY (ticket, number)
)
--;
CREATE INDEX action_due ON tierline.action (due, ticket, number)
--;
CREATE INDEX action_owner ON tierline.action (owner, due, ticket, number)
--;
-- People a lead has put beside an owner, as long as work is owed: part of their load.
CREATE TABLE tierline.joined (
    ticket  bigint NOT NULL,
    login   text NOT NULL,
    PRIMARY KEY (ticket, login)
)
--;
CREATE INDEX joined_login ON tierline.joined (login)
