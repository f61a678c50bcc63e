"""What can be read: one file per report with its row and its query, and what the reports have in common.

`breakdown` is what a reader asks for, `scope` what he may see, `enrolled` the denominators, `rows` and `answers` what
leaves; `freshness` says how far the views have come.
"""
