"""What coders filed: their tables side by side, the decisions between them, what follows from both."""
