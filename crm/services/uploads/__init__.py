"""Files that people upload in the console: received, understood, tried, loaded, forgotten."""
