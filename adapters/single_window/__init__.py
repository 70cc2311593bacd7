"""The single window and customs (单一窗口、海关)."""
