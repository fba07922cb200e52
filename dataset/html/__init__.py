"""The shell of every report that is a web page: head, security policy, style of tables."""
