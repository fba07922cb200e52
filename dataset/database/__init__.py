"""The published tables in a relational database: schema, a file of SQLite, loading into a server."""
