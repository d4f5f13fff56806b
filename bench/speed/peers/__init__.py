"""The same rules elsewhere, to compare with."""
