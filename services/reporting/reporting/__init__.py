"""The reporting service: listens to every topic and keeps cross-cutting, disaggregated, honest views.

It announces nothing. `projections` turn events into changes, `sink` writes them, `views` read them, `measures` are the
statistics in between.
"""
