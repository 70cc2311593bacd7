"""Codecs: bytes to segments or trees and back. They know syntax, never what a message means."""
