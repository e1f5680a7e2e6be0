"""The inpainter that fills a hole with pieces of its surroundings."""
