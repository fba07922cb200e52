"""Files of any format as rows of cells with their lines, and cells as typed values.

It never guesses or drops a cell silently.
"""
