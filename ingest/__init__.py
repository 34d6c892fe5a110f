"""Feeds to articles.

 state.due_feeds ──FeedState──▶ fetch ──FetchResult──▶ parse ──FeedData──▶ decide ──PollIntent──▶ state.save
 (SQLite, each second)          (aiohttp, conditional)  (feedparser)       (pure)      │    (one transaction with)
                                                                                       ├──▶ marsad.articles
                                                                                       └──▶ marsad.feedhealth
`poll` carries values from one to the next and decides nothing. `encoding`, `dates`, `text` and `urls` are what `parse` knows of
what feeds get wrong. Full text, sitemaps and WebSub will stand beside `fetch` and `parse` and give the same `FeedData`.
"""
