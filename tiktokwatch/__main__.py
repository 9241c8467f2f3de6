"""`python -m tiktokwatch`."""

from tiktokwatch.cli.main import main

main()
