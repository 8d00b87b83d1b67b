"""Networks whose feature maps the perceptual loss compares."""

import keras
from keras import layers, ops

# Mean colour of Caffe's ImageNet, BGR on 0..255, which the VGG weights expect.
CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)


def vgg_extractor(name, layer_names, weights="imagenet"):
    """VGG from images in [-1, 1] RGB to the outputs of the named layers.

    Args:
        name: `"vgg16"` or `"vgg19"`.
        layer_names: layers of `keras.applications`; deeper ones are left out.
        weights: `"imagenet"` downloads once into the Keras cache and checks the hash;
            or the path of a `notop` weights file; or `None` for random weights.
    """
    make = {
        "vgg16": keras.applications.VGG16,
        "vgg19": keras.applications.VGG19,
    }[name]
    try:
        vgg = make(include_top=False, weights=weights, input_shape=(None, None, 3))
    except Exception as error:
        if weights == "imagenet":
            raise RuntimeError(
                f"The ImageNet weights of {name} could not be downloaded; without a "
                f'network pass a local copy: features="/path/to/{name}_weights_tf_dim_'
                'ordering_tf_kernels_notop.h5", or features="identity", which needs '
                f"none. Received: {' '.join(str(error).split())}"
            ) from None
        raise ValueError(
            f"{weights} holds no weights of {name} without top. "
            f"Received: {' '.join(str(error).split())}"
        ) from error
    extractor = named_outputs(vgg, layer_names)
    image = layers.Input((None, None, 3))
    scaled = CaffePreprocessing(name="caffe_preprocessing")(image)
    features = extractor(scaled)
    model = keras.Model(image, features, name=f"{name}_features")
    model.trainable = False
    return model


def named_outputs(model, layer_names):
    """`model` cut to a list of the outputs of the named layers."""
    known = [layer.name for layer in model.layers]
    for name in layer_names:
        if name not in known:
            raise ValueError(
                f"`layers` must be names of layers of {model.name}: {known}. "
                f"Received: {name!r}"
            )
    return keras.Model(
        model.inputs[0], [model.get_layer(name).output for name in layer_names]
    )


@keras.saving.register_keras_serializable(package="aan_keras")
class CaffePreprocessing(layers.Layer):
    """RGB in [-1, 1] to BGR on 0..255 minus the mean colour of ImageNet."""

    def call(self, image):
        mean = ops.convert_to_tensor(CAFFE_MEAN_BGR, self.compute_dtype)
        return ops.flip((image + 1.0) * 127.5, axis=-1) - mean

    def compute_output_shape(self, input_shape):
        return input_shape
