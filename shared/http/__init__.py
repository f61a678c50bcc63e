"""The HTTP edge every service shares: who may, the one write transaction, problems, strict bodies, pages, repeats."""
