"""The clutter map: how many false plots a radar gives where, measured and never asked of a user."""
