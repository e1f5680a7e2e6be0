"""`python -m deployments.reference [FILE]`."""

from deployments.reference.page import main

main()
