"""What radars really see over terrain, and how many minutes of warning that leaves.

``sight`` gives the lowest visible altitude over terrain; ``detection`` what a radar detects of what
it has in sight; ``network`` what several see together and what each is worth; ``warning`` how long
before its arrival a target is a confirmed track; ``survey`` puts them together for a shield;
``coalitions`` tells what is left of that with some of the radars only, or while some are down.
"""
