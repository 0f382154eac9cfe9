"""What the staff templates of every app load: `{% load staff %}`."""
