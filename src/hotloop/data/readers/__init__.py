"""Where tables come from: files of delimited text."""
