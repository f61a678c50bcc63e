"""The rules that hold where a district has set none. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FLOOR = 5
"""No district may show what fewer respondents said. Source: domain.md 1.9, the norm of survey vendors."""
OPEN_TEXT_FLOOR = 10
"""Nor what fewer wrote. Source: domain.md 1.9."""
DEFAULT_HELPLINE: Mapping[str, str] = MappingProxyType(
    {
        "en": "To talk to someone, call or text 988, the Suicide & Crisis Lifeline. It is free and open day and "
        "night. If you or someone else is in danger, call 911.",
        "es": "Para hablar con alguien: en el 988, la Línea de Prevención del Suicidio y Crisis, escuchan gratis, de "
        "día y de noche; para español, oprimir 2. En caso de peligro hay que llamar al 911.",
    }
)
"""Numbers that answer everywhere in the United States; the district names its own beside them."""


@dataclass(frozen=True, slots=True)
class SurveyPolicy:
    """A district's rules for its surveys."""

    minimum: int = 10
    """Respondents under which a figure is suppressed, for everybody."""
    open_text_minimum: int = OPEN_TEXT_FLOOR
    """Respondents who wrote something, under which released comments of a unit are withheld."""
    notice_days: int = 1
    """Days that must lie between notice to parents and the opening of a survey with protected items."""
    helpline: Mapping[str, str] = field(default_factory=lambda: DEFAULT_HELPLINE)
    """What respondents are told at the end, by language."""
    comment_readers: frozenset[str] = frozenset()
    """The trained readers, by the `sub` of their tokens."""
