"""The library: writing and publishing, quoting, notices, and finding what is there."""
