"""From checked tables to published files: build, write, describe, archive, put in place."""
