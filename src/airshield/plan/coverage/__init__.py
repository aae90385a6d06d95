"""What radars really see over terrain, and how many minutes of warning that leaves."""
