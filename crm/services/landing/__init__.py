"""Landing tables: what others wrote into the schema `landing` is taken in, batch by batch."""
