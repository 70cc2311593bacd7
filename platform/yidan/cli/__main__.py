"""`python -m yidan.cli`, as our own processes start each other."""

from yidan.cli import main

if __name__ == "__main__":
    main()
