"""`python -m logparse`: the command line, without the script on the path."""

from logparse.cli import main

if __name__ == "__main__":
    main()
