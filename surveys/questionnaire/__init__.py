"""What a program asks beyond score and reason: which questions, of whom, in which words. Pure rules.

They know no channel: a page shows all `asking.open_questions` together, a text message or a script of a call the first
of them.
"""
