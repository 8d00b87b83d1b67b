"""From the videos and photos of published data sets to training clips."""
