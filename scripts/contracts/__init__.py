"""The committed shape of every event, and which changes of it readers survive."""
