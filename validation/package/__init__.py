"""A package on disk: its book, its hand-coded tables and their corrections.

It never publishes or changes them.
"""
