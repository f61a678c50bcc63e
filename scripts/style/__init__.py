"""The house rules that no other tool knows; `scripts/check_style.py` runs them."""
