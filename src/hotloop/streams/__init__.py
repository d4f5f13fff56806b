"""Where samples come from: files and arrays as batches or columns."""
