"""The commands: one file each. A new file with a `command` is a new command."""
