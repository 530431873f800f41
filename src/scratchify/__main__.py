"""`python -m scratchify`, the same as `scratchify`."""

from scratchify.cli import main

if __name__ == "__main__":
    main()
