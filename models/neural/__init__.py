"""Networks that torch runs. Imported only where there are weights: torch takes a second and 450 MB."""
