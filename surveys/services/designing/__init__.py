"""From the wish to ask to the version in force: programs drafted, checked, approved by two and published."""
