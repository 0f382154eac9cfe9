"""The one vocabulary for conditions that people edit: whom to ask, when to alert, whom to show.

`compiling` says what a condition means, `wording` says it in English, `describing` what a builder may offer;
`fields` has the form's field.
"""

from common.conditions.compiling import (
    MAX_DEPTH,
    MAX_LEAVES,
    WrongCondition,
    compile_condition,
    validate_condition,
    words_of,
)
from common.conditions.wording import in_words, phrase

__all__ = [
    "MAX_DEPTH",
    "MAX_LEAVES",
    "WrongCondition",
    "compile_condition",
    "in_words",
    "phrase",
    "validate_condition",
    "words_of",
]
