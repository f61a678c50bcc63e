"""What can be done to completions: each command, then the function that carries it out. One file per use case."""
