"""Rules that articles meet, and telling people once for each story.

`rules` reads config/alerts.toml; `decide` says, purely, what to do with a match; `notify` is the stage that decides and
records, and puts notifications into the outbox; `digest` puts there, when the time is up, what a throttle held back; `deliver`
empties the outbox into the receivers: `receivers`, `webhook`, `apprising`. `listing` and `explain` answer who asks why.
"""
