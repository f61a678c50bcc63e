"""The rules and topics that are shipped: versioned data beside this file, read once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import orjson

from training_registry.requirements.terms import RequirementTerms

_SHIPPED = Path(__file__).parent / "shipped"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The shipped rules by their id, in the order of the data; a change of the data raises `version`."""

    version: int
    as_of: date
    requirements: Mapping[str, RequirementTerms]

    def of(self, *, jurisdiction: str | None, requirement_ids: Collection[str] | None) -> dict[str, RequirementTerms]:
        """Those of a jurisdiction, or with these ids, or all."""
        return {
            requirement_id: terms
            for requirement_id, terms in self.requirements.items()
            if (jurisdiction is None or terms.jurisdiction == jurisdiction)
            and (requirement_ids is None or requirement_id in requirement_ids)
        }


@dataclass(frozen=True, slots=True)
class Topic:
    """What training is about, named by a framework. Codes are words to record hours under."""

    code: str
    name: str
    framework: str
    source: str


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The shipped topics, those of the default framework first."""

    version: int
    as_of: date
    default_framework: str
    topics: Mapping[str, Topic]


@lru_cache(maxsize=1)
def shipped_requirements() -> Catalogue:
    """The rules that are shipped, held to what is asked of a district's own."""
    told = orjson.loads((_SHIPPED / "requirements.json").read_bytes())
    by_id = {row.pop("requirement_id"): row for row in told["requirements"]}
    terms = {key: RequirementTerms.model_validate_json(orjson.dumps(row)) for key, row in by_id.items()}
    return Catalogue(told["version"], date.fromisoformat(told["as_of"]), terms)


@lru_cache(maxsize=1)
def shipped_topics() -> Taxonomy:
    """The topics that are shipped."""
    told = orjson.loads((_SHIPPED / "topics.json").read_bytes())
    topics = {row["code"]: Topic(**row) for row in told["topics"]}
    return Taxonomy(told["version"], date.fromisoformat(told["as_of"]), told["default_framework"], topics)
