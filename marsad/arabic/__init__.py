"""All that is known of Arabic writing, once: the live matcher, the stores and the annotator see the same tokens.

`letters` is the normal form of a character, `tokens` cuts a text into tokens with offsets, `clitics` knows what may be
attached to a word, and `names` finds a set of names in a text.
"""
