"""Who runs the compiled checks, on how many rows; knows no rule by name."""
