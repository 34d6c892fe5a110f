"""Codes what happened: killings and arrests, with who did it to whom, where, when, and how real it is."""
