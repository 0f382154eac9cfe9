"""Mails of a program that keeps clicks on scores, reminds and asks further questions: machines open every link of them
in every way they do, people press, unsubscribe and look after their own page, and it is known who did what."""

from tests.scanners.running import run

__all__ = ["run"]
