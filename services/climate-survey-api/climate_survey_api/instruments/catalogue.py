"""The instruments that are shipped: versioned data beside this file, read once."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from climate_survey_api.instruments.document import InstrumentDocument

_SHIPPED = Path(__file__).parent / "shipped"


@lru_cache(maxsize=1)
def shipped_instruments() -> Mapping[str, Mapping[int, InstrumentDocument]]:
    """What is shipped, by id and version, from the first version to the newest.

    A version that was shipped once stays: surveys that ran with it are read by it. Source: docs/decisions/0018.
    """
    found: dict[str, dict[int, InstrumentDocument]] = {}
    documents = [InstrumentDocument.model_validate_json(path.read_bytes()) for path in sorted(_SHIPPED.glob("*.json"))]
    for document in sorted(documents, key=lambda document: (document.instrument_id, document.version or 0)):
        found.setdefault(document.instrument_id, {})[document.version or 1] = document
    return found
