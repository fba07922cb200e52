"""From checked tables to published files and the archive, all or none.

It never publishes what a validator objects to.
"""
