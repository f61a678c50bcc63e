"""What the points of each scale are called, from the lowest. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from climate_survey_api.instruments.rules import Scale


def _point(en: str, es: str) -> Mapping[str, str]:
    return MappingProxyType({"en": en, "es": es})


_LABELS: Mapping[Scale, tuple[Mapping[str, str], ...]] = MappingProxyType(
    {
        Scale.AGREE4: (
            _point("Strongly disagree", "Muy en desacuerdo"),
            _point("Disagree", "En desacuerdo"),
            _point("Agree", "De acuerdo"),
            _point("Strongly agree", "Muy de acuerdo"),
        ),
        Scale.FREQUENCY4: (
            _point("Never", "Nunca"),
            _point("Rarely", "Pocas veces"),
            _point("Often", "Muchas veces"),
            _point("Always", "Siempre"),
        ),
        Scale.PROBLEM4: (
            _point("Not a problem", "No es un problema"),
            _point("A small problem", "Es un problema pequeño"),
            _point("A moderate problem", "Es un problema mediano"),
            _point("A large problem", "Es un problema grande"),
        ),
        Scale.YES_NO: (_point("No", "No"), _point("Yes", "Sí")),
    }
)


def labels(scale: Scale, own: Sequence[Mapping[str, str]] = ()) -> tuple[Mapping[str, str], ...]:
    """The names of a scored scale's points, by language; an instrument's own go before ours.

    Shape: one mapping per point, from 1 up, in English and Spanish at least. Empty for a choice, whose item names its
    own choices, and for free text.
    """
    ours = _LABELS.get(scale, ())
    return tuple(MappingProxyType({**our, **its}) for our, its in zip(ours, own, strict=True)) if own else ours
