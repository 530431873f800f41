"""Files on a disk to their reports, and back: what the command line and the bot have in common."""
