"""Kalvoria itself: its places, and every file its institutions send in 2025, with the key of planted troubles."""
