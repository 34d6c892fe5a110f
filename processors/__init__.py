"""From an article to who is in it, what happened, and which story it belongs to."""
