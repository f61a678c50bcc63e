"""The public facts that services tell each other: one class per fact, one file per topic.

Imports nothing but Pydantic, the standard library and itself, so that a reader outside the suite could use it as it is.
"""
