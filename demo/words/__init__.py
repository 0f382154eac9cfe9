"""Names, verbatims and wording in the languages of the bank."""
