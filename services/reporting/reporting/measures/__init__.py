"""Pure statistics: rates and what must be hidden. They see no database, no clock and no request."""
