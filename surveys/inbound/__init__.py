"""Understanding mail that comes back: bounces, complaints, answers by machine, answers by people. Pure rules."""
