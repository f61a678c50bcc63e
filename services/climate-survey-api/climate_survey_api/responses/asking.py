"""What respondents may say about themselves, in words. Pure.

Every one of these questions may be left out. Families speak of their child in all of them, so that what families say
can be held against what students say, and against the roster.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shared.events.facets import Disability, GradeBand, RaceEthnicity, Sex
from shared.events.surveys import RespondentGroup, SurveyFacet

Words = Mapping[str, str]
"""The same in English and Spanish."""


@dataclass(frozen=True, slots=True)
class FacetQuestion:
    """A question about the respondent, with what may be answered."""

    facet: SurveyFacet
    text: Words
    values: Mapping[str, Words]
    """In the order in which they are offered."""


def facets_asked(facets: Sequence[SurveyFacet], group: RespondentGroup) -> tuple[SurveyFacet, ...]:
    """Those of a survey's facets that this group is asked about; of support plans only students and families are."""
    return tuple(facet for facet in facets if group in _QUESTIONS[facet])


def question(facet: SurveyFacet, group: RespondentGroup) -> FacetQuestion:
    """How a facet that this group is asked about is put to it."""
    return FacetQuestion(facet, _QUESTIONS[facet][group], FACET_VALUES[facet])


def _both(en: str, es: str) -> Words:
    return MappingProxyType({"en": en, "es": es})


FACET_VALUES: Mapping[SurveyFacet, Mapping[str, Words]] = MappingProxyType(
    {
        SurveyFacet.RACE_ETHNICITY: MappingProxyType(
            {
                RaceEthnicity.AMERICAN_INDIAN: _both(
                    "American Indian or Alaska Native", "Persona indígena de las Américas o nativa de Alaska"
                ),
                RaceEthnicity.ASIAN: _both("Asian", "Persona asiática"),
                RaceEthnicity.BLACK: _both("Black or African American", "Persona negra o afroamericana"),
                RaceEthnicity.HISPANIC: _both(
                    "Hispanic or Latino, of any race", "Persona hispana o latina, de cualquier raza"
                ),
                RaceEthnicity.PACIFIC_ISLANDER: _both(
                    "Native Hawaiian or other Pacific Islander", "Persona nativa de Hawái o de otra isla del Pacífico"
                ),
                RaceEthnicity.WHITE: _both("White", "Persona blanca"),
                RaceEthnicity.TWO_OR_MORE: _both("Two or more of these", "Dos o más de estas opciones"),
            }
        ),
        SurveyFacet.SEX: MappingProxyType(
            {
                Sex.FEMALE: _both("Female", "Femenino"),
                Sex.MALE: _both("Male", "Masculino"),
                Sex.NONBINARY: _both("Nonbinary", "No binario"),
            }
        ),
        SurveyFacet.DISABILITY: MappingProxyType(
            {
                Disability.IDEA: _both(
                    "Yes, an Individualized Education Program (IEP)",
                    "Sí, un Programa de Educación Individualizado (IEP)",
                ),
                Disability.SECTION_504: _both("Yes, a 504 plan", "Sí, un plan 504"),
                Disability.NONE: _both("No", "No"),
            }
        ),
        SurveyFacet.ENGLISH_LEARNER: MappingProxyType({"true": _both("Yes", "Sí"), "false": _both("No", "No")}),
        SurveyFacet.GRADE_BAND: MappingProxyType(
            {
                GradeBand.PK_2: _both("Pre-K to grade 2", "De prekínder a 2.º grado"),
                GradeBand.G3_5: _both("Grades 3 to 5", "De 3.º a 5.º grado"),
                GradeBand.G6_8: _both("Grades 6 to 8", "De 6.º a 8.º grado"),
                GradeBand.G9_12: _both("Grades 9 to 12", "De 9.º a 12.º grado"),
            }
        ),
    }
)
"""What may be answered. Whoever answers nothing is counted as unknown, so unknown is not offered."""

_ABOUT_ONESELF = _both("Which of these describes you best?", "¿Cuál de estas opciones le describe mejor?")
_ONES_SEX = _both("How do you describe yourself?", "¿Cómo se describe usted?")
_ONES_GRADES = _both("Which grades do you work with most?", "¿Con qué grados trabaja más?")

_QUESTIONS: Mapping[SurveyFacet, Mapping[RespondentGroup, Words]] = MappingProxyType(
    {
        SurveyFacet.RACE_ETHNICITY: {
            RespondentGroup.STUDENT: _both(
                "Which of these describes you best?", "¿Cuál de estas opciones te describe mejor?"
            ),
            RespondentGroup.FAMILY: _both(
                "Which of these describes your child best?", "¿Cuál de estas opciones describe mejor a su hijo o hija?"
            ),
            RespondentGroup.STAFF: _ABOUT_ONESELF,
            RespondentGroup.OFFICER: _ABOUT_ONESELF,
        },
        SurveyFacet.SEX: {
            RespondentGroup.STUDENT: _both("How do you describe yourself?", "¿Cómo te describes?"),
            RespondentGroup.FAMILY: _both(
                "How does your child describe themselves?", "¿Cómo se describe su hijo o hija?"
            ),
            RespondentGroup.STAFF: _ONES_SEX,
            RespondentGroup.OFFICER: _ONES_SEX,
        },
        SurveyFacet.DISABILITY: {
            RespondentGroup.STUDENT: _both(
                "Do you have a plan for extra support at school?", "¿Tienes un plan de apoyo adicional en la escuela?"
            ),
            RespondentGroup.FAMILY: _both(
                "Does your child have a plan for extra support at school?",
                "¿Tiene su hijo o hija un plan de apoyo adicional en la escuela?",
            ),
        },
        SurveyFacet.ENGLISH_LEARNER: {
            RespondentGroup.STUDENT: _both(
                "Do you get help at school to learn English?", "¿Recibes ayuda en la escuela para aprender inglés?"
            ),
            RespondentGroup.FAMILY: _both(
                "Does your child get help at school to learn English?",
                "¿Recibe su hijo o hija ayuda en la escuela para aprender inglés?",
            ),
        },
        SurveyFacet.GRADE_BAND: {
            RespondentGroup.STUDENT: _both("Which grade are you in?", "¿En qué grado estás?"),
            RespondentGroup.FAMILY: _both("Which grade is your child in?", "¿En qué grado está su hijo o hija?"),
            RespondentGroup.STAFF: _ONES_GRADES,
            RespondentGroup.OFFICER: _ONES_GRADES,
        },
    }
)
