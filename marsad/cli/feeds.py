"""`marsad feeds`: add and list."""
