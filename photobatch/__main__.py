"""`python -m photobatch`."""

from photobatch.command import main

main()
