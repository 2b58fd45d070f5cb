"""What may leave and how it leaves: disclosure control, release folders and the gate in front of them."""
