"""The message log: the port that every stage reads from, and its adapters."""
