"""Erase: the holes that a mask marks in a photo, and the filling of them."""
