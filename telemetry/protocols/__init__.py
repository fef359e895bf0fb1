"""The wire formats, one folder a standard, standard library only and without any I/O."""
