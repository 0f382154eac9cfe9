"""What customers are worth: records of it coming in, held against control totals, and read for one customer."""
