"""Articles with their stories become searchable, and rules that they meet become alerts.

marsad.stories ──index──▶ search store ◀── search
marsad.stories ──alerts──▶ marsad.alerts and the outbox ──▶ receivers

`query` is the one query language, for searches and rules; `store` the port to a search store and `sqlitestore` its adapter, with
`textindex` for its full-text table and `renewal` for making that anew;
`alerts` the rules, what is decided on a match, and its delivery.
"""
