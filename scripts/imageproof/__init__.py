"""Does an image hold? Builds it, runs it, attacks it: the package behind `verify_image.py`."""
