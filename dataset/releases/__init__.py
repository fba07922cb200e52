"""Finished releases: open, verify and compare them, and choose the next version.

It never trusts what is in them.
"""
