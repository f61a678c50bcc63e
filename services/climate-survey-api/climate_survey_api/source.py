"""Under which name this service announces events."""

SOURCE = "climate-survey-api"
