"""Checked tables as the frames, CSV and Parquet that are published.

It never decides where they go.
"""
