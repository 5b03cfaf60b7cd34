"""An in-memory PostgreSQL for simulations: it answers the statements of the loops, and no other.

It is a fake of transactions, not of SQL. Each named statement constant has an answer, a function
that reads and writes through a `Transaction`; the engine sees to READ COMMITTED, row locks, unique
keys, deadlocks, advisory locks and sequences. The contract suite (`tests/contract/test_store_*.py`)
holds every answer and every lock to what the real one does.

What it does not imitate: types and casts of parameters, CHECK constraints other than those listed
in `schema`, foreign keys, collations (text is ordered by code point), SERIALIZABLE, savepoints, and
other transactions' commits in the middle of a statement that did not have to wait.
"""
