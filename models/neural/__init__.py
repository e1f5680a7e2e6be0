"""Networks on torch. Imported only if there are weights: torch takes a second and 450 MB."""
