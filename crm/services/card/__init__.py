"""The shopkeeper's card: putting it together, and the sections that crm itself tells."""
