"""Facts about the world, as tables that people correct; each entry has its source."""
