"""Watched folders: photos that appear are taken once each, also across kills of the command."""
