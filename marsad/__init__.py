"""What every stage of marsad agrees on: the values that travel, the log they travel in, and what is known of Arabic.

Read `topics` first: the whole flow is on that one screen. Layers, from the top: `cli` builds the parts; `stage` runs one;
`messagelog` is the port to the log and `statefile` the SQLite file of a process; `catalogue` and `arabic` know names and
writing; the rest are plain values.
"""
