"""The same service as other teams would write it, to compare with.

What is the same for all, so that only framework and data access differ: the schema, which our migrations
made, and the rows in it; the statements that search (`statements`); the rules of the trade (`app.domain`:
rings, tariffs, plates, holds); bounds of parameters; a key looked up by its hash and remembered for a second;
a token bucket per key, raised by data (`budgets`); a trace and an audit row per call, written in batches
behind the requests (`records`); the embedded processor behind Stripe's SDK, asked outside of any transaction.

What they leave out, to their advantage: the other operations, searching by words, a contract, error
envelopes, records that outlive a crash, the revocation of keys across processes, and the way back from a
crash between two transactions.
"""
