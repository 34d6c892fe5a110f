"""Scripts that make data files of marsad from their sources; nothing of marsad imports them."""
