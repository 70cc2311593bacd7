"""Codecs: bytes to segments or trees and back, and what several adapters of one syntax share."""
