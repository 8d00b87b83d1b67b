import xml.etree.ElementTree

import numpy as np

from aan_keras.preparation.svg_histogram import Histogram


def test_counts_and_bars():
    histogram = Histogram("Yaw, degrees", [-90, -30, 30, 90], "frames")
    values = np.array([-200, -31, 0, 1, 2, 29, 500])
    histogram.add(values[:3])
    histogram.add(values[3:])
    histogram.add([])
    assert histogram.counts.tolist() == [2, 4, 1]
    root = xml.etree.ElementTree.fromstring(histogram.svg())
    heights = [float(bar.get("height")) for bar in root.iter("rect")]
    assert heights == [50, 100, 25]
    titles = [title.text for title in root.iter("title")]
    assert titles[1] == "-30 to 30: 4 frames"


def test_empty_histogram_is_drawn():
    root = xml.etree.ElementTree.fromstring(Histogram("x", [0, 1, 2], "clips").svg())
    assert {bar.get("height") for bar in root.iter("rect")} == {"0.0"}
