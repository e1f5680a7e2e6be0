"""`photobatch run`: retouches a folder of photos on this machine, with a Ray of its own."""
