"""The book as schemas of Arrow, pandera and Table Schema, and the opinions of their validators.

It never writes a file.
"""
