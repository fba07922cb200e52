"""`python -m eventbook`: the command line."""

# This folder is installed as the package that the others are in.
from .dataset.cli.main import main  # pyright: ignore[reportMissingImports]

main()
