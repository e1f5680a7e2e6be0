"""What is to be gone from a photo, and what takes its place."""
