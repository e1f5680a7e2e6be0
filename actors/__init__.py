"""The Ray actors (coordinator and workers), and the plain classes that they are made of."""
