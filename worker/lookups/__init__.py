"""From what somebody asks for to something that can be played."""
