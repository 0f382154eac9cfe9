"""What comes back: bounces, complaints, replies, and what follows."""
