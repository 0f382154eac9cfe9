"""What a version of a program may say, what that means in words, and what tells two of them apart. Pure; no Django.

A version is told here by its settings: {name of a field: value}, kinds of interaction by their names.
"""
