"""The events as a page to look at, with the words that they were coded from."""
