"""Why was this customer, or was not, asked? Stored decisions in plain words (`sentences`), what they were decided from
(`facts` in a line, `inputs` item by item), occasions that wait for their decision (`waiting`), and the answers for a
person and an interaction (`answering`)."""

from surveys.services.explaining.sentences import explain

__all__ = ["explain"]
