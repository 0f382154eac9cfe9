"""The REST face of distribution: where other systems are told what happens."""
