"""From checked tables to the tables that are published, as frames and as bytes."""
