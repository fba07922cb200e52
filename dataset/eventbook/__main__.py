"""`python -m eventbook`: the command line."""

from eventbook.dataset.cli.main import main

main()
