"""The generated part of the documentation: what the code itself says, set for people and for tools."""
