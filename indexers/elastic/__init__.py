"""The search store on Elasticsearch, the only package that talks to it.

marsad.stories ──index──▶ articles, an index a month ◀── search
marsad.alerts, marsad.feedhealth ──panels──▶ an index each, for people who look at them in Kibana

`analysis` gives Elasticsearch our tokens, `mapping` says what an index holds, `documents` makes it of an article, `querying`
asks for it; these four are pure. `client` connects and says what went wrong, `bulk` writes, `positions` keeps where reading
goes on, `renewal` makes indices of an older version anew, `store` is the port's adapter.
"""
