"""Names that the catalogue does not know: a tagger trained on news, rules where they are surer, and who is the same."""
