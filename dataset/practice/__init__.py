"""Training coders: reports to code, and a comparison with the coding that the project decided.

It never shows the key of a report that the coder has not filed, and files nothing itself.
"""
