"""CSV that is opened in a spreadsheet: a cell is shown there and never run."""

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """A value as a spreadsheet shows it: text that begins like a formula, as an id may, is quoted. Numbers are not."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_BEGINS_A_FORMULA) else text
