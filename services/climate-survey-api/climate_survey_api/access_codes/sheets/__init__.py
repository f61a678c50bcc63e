"""Codes as they leave the service, once: as rows for a mail merge, or as cards to be cut out."""
