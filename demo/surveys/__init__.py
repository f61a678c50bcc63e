"""The climate surveys of the synthetic district: three waves of which it is known what they must find.

`planted.py` is what people think, and where it differs; `waves.py` deals it out to schools, groups and respondents, and
`truth.py` adds up what a reader must find. `sending.py` plans, opens, answers and closes as a district and its people
do, `reading.py` asks what was found, and `summary.py` sets it beside the truth.
"""
