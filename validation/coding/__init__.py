"""What coders filed: codings side by side, the decisions between them and what follows.

It never changes a coding.
"""
