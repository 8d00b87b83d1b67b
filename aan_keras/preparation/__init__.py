"""From the videos and photos of published data sets to training clips.

Importing this room loads neither Keras nor TensorFlow: its worker processes need
neither.
"""
