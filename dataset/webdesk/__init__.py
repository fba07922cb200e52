"""The desk in the browser: a small server for drafts and decisions; it never writes what nobody sent."""
