"""What became of each Dockerfile, for people and for programs: one file a format."""
