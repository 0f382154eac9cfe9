"""What is told from words once they are there: language, tone, topics, personal data hidden.

`reading` does answers that wait; `passages` writes what was read of any words, call notes too; `tagging` finds topics;
`editing` changes rules, `coding` goes through what was said before, `previewing` shows what a rule would find.
"""
