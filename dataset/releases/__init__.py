"""Releases beside each other: open one safely, verify it, say what changed and what that asks for."""
