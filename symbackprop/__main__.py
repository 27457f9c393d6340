"""`python -m symbackprop` is the command line."""

from symbackprop.cli import main

main()
