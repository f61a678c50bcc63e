"""The figures that the README quotes, each set against a reference measured in the same run, on real engines.

A ratio says how much of what the machine could do is left, and holds on another machine as well; a bare rate does not.
Every measurement runs in a process of its own; reference and ours take turns, and the median of several turns counts.
"""
