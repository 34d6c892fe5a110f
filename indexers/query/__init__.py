"""The query language: parsed once (`parse`), then compiled to the live matcher (`live`) and to SQLite (`fts`).

All three see the tokens of `marsad.arabic`, so an alert fires exactly when a search would find the article.
"""
