"""Which parts of nets are frozen, by names that a configuration can hold."""


def frozen_parts(nets):
    """Paths of the outermost frozen layers, such as `["net", "other/layer"]`."""
    return [path for net in nets for path in _frozen(net, net.name)]


def freeze_parts(nets, paths):
    """Freezes the layers of these paths and makes all others trainable."""
    # On TensorFlow a flag reaches the layers within only where it changes.
    for path in frozen_parts(nets):
        _layer(nets, path).trainable = True
    for path in paths:
        _layer(nets, path).trainable = False


def _layer(nets, path):
    name, *names = path.split("/")
    (layer,) = (net for net in nets if net.name == name)
    for name in names:
        layer = layer.get_layer(name)
    return layer


def _frozen(layer, path):
    if not layer.trainable:
        return [path]
    parts = getattr(layer, "layers", ())
    return [found for part in parts for found in _frozen(part, f"{path}/{part.name}")]
