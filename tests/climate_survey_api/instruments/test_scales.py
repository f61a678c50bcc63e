"""What the points of a scale are called."""

import pytest

from climate_survey_api.instruments.rules import POINTS, Scale
from climate_survey_api.instruments.scales import labels


@pytest.mark.parametrize("scale", Scale)
def test_every_point_of_a_scored_scale_has_a_name_of_its_own_in_english_and_spanish(scale: Scale) -> None:
    points = labels(scale)
    assert len(points) == POINTS.get(scale, 0)
    assert all(point.keys() == {"en", "es"} for point in points)
    assert all(len({point[language] for point in points}) == len(points) for language in ("en", "es"))


def test_they_go_up_from_the_lowest_point() -> None:
    assert (labels(Scale.AGREE4)[0]["en"], labels(Scale.AGREE4)[3]["es"]) == ("Strongly disagree", "Muy de acuerdo")
    assert [point["es"] for point in labels(Scale.YES_NO)] == ["No", "Sí"]


def test_an_instrument_s_own_words_go_before_ours_and_beside_them() -> None:
    own = [{"vi": "Không", "en": "Nope"}, {"vi": "Có", "en": "Yep"}]
    assert labels(Scale.YES_NO, own) == (
        {"vi": "Không", "en": "Nope", "es": "No"},
        {"vi": "Có", "en": "Yep", "es": "Sí"},
    )
