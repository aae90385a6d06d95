"""Motion, measurement and update of one track: the mathematics."""
