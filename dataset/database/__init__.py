"""The published tables in SQLite or PostgreSQL, with their keys and rules.

It never builds a table itself.
"""
