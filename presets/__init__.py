"""Presets: their files, their parameters, and the pipeline to which they compile."""
