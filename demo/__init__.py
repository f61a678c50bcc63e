"""A synthetic district with known truth, loaded through the public API like any client would.

Read it to learn how to be a client: `client.py` is one request done right (token, idempotency key, retry), `loading.py`
is what a district sends. `rates.py` is what is planted, `district.py` and `lives.py` draw students and referrals from
it, `truth.py` writes down what was planted and sent, and `summary.py` sets what reporting says beside it.
"""
