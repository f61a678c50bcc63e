"""The officers' part of the synthetic district: who they are, what they have learnt, and what they do.

Each officer is planted with a story that says how he stands. `officers.py` deals the stories out, `learning.py` and
`duties.py` make the requests from them, `truth.py` says what a reader of the suite must find, `sending.py` sends, and
`reading.py` asks and sets it beside the truth.
"""
