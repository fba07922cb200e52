"""A codebook with other names, order or definitions of codes, to see what a coder follows.

It never changes the book that it starts from.
"""
