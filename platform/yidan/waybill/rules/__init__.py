"""The rules of the bill: its states, what must be right about it, box and seal (一箱制)."""
