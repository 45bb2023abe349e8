"""`python -m essor` is the command `essor`."""

from essor.cli import main

if __name__ == "__main__":
    main()
