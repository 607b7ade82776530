"""`python -m bitpesa.cli`, where the `bitpesa` script is not on the path."""

from bitpesa.cli.main import main

main()
