"""Translations of the interface. `python -m fstui.locale` brings them up to the program's texts."""
