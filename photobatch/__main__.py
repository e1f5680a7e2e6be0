"""`python -m photobatch`."""

from photobatch.commands.command import main

main()
