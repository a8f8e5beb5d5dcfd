"""What the functions and a worker both know of music: orders, times, and how it is shown."""
