"""Answers of people we do not know: links made and revoked (making), answered (answering), printed (printing)."""
