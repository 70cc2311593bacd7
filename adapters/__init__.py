"""One module per outside system, codecs beside them; found by walking this package."""
