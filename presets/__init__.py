"""What to do to a photo: preset files, their parameters, and the pipeline they compile to."""
