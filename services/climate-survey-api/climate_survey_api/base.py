"""This service's tables are declared on one `MetaData`, so that migrations can be held against all of them."""

from sqlalchemy import MetaData

from shared.db import NAMING

metadata = MetaData(naming_convention=NAMING)
