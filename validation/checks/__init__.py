"""The book compiled to expressions: constraints, rules, keys and derived columns.

It never runs them or reads a file.
"""
