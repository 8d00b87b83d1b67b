"""The demo as a web page: clips and the live webcam, for `aan-keras demo --web`."""
