"""How fourteen clusters report what was done: true activities, how people type them, what goes wrong on the way."""
