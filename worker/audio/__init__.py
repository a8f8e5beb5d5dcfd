"""From a file, here or on the web, to the packets that a voice channel hears."""
