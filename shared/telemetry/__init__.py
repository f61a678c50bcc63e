"""What can be seen of a running service from outside: health, metrics, logs and traces, none with personal data."""
