"""airshield: plan, rehearse and watch an air shield.

Rooms exchange Arrow tables (``tables``); inside a room plain functions turn arrays into
arrays. Data flow, from bytes to warning::

    read  ->  store (journal)  ->  track  ->  zones  ->  warn  ->  picture  ->  serve

Surveillance, warning and planning only. There is no weapon control, target assignment or
strike planning here, and there will be none: a person decides.

Importing this package is cheap on purpose (``airshield --help`` must answer at once); each
room loads its own heavy parts when it is imported.
"""

__version__ = "0.1.0"
