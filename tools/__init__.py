"""What makes the data that marsad ships: run from the repository, never installed."""
