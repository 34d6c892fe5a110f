"""Feeds to articles.

 state.due_feeds ──FeedState──▶ fetch ──FetchResult──▶ reading ──Reading──▶ decide ──PollIntent──▶ fulltext ──▶ state.save
 (SQLite, each second)     (aiohttp, conditional)  (here, or aside)    (pure)       │  wants pages?         (one transaction with)
                                                                                    ▼                        ├──▶ marsad.articles
                                                                                  pages ──texts──▶           └──▶ marsad.feedhealth
`poll` carries values from one to the next and decides nothing. `connect` is the session, which refuses `addresses` inside the
network. `parse`, with `encoding`, `dates`, `text` and `urls`, is what is known of what feeds get wrong; `extract` finds the text on
a page. `aside` is the process that reads what is hostile. `lists` reads and writes lists of feeds. Sitemaps and WebSub will stand
beside `fetch` and `parse` and give the same `FeedData`.
"""
