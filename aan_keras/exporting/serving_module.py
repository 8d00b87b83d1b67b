"""The functions of an exported SavedModel."""

import tensorflow as tf

from aan_keras.exporting.accepted_inputs import accepted_inputs
from aan_keras.exporting.exported_reenactor import FRAME_PARTS
from aan_keras.exporting.image_bytes import decode_crop, encode_jpeg
from aan_keras.exporting.pixels import from_uint8, to_levels
from aan_keras.exporting.trace_frames import trace_frames

# Pixels of a clip that are computed side by side: 4 frames of 256 px, 16 of 128. More
# do not stay in a processor's cache, fewer leave it waiting between operations.
_CHUNK_PIXELS = 2**18
# Frames of a clip of files that are computed at a time, each alone.
_SINGLE_FRAMES = 4
_IMAGE = ("image",)


class ServingModule(tf.Module):
    """An inference model as named signatures.

    | signature | inputs | output |
    |---|---|---|
    | `serving_default` | `source`, `source_landmarks`, `driving_landmarks` | `image` |
    | `reenact_clip` | the same, T driving sets a source | `image` `[B, T, ...]` |
    | `reenact_jpeg` | `source_bytes` instead of `source` | `image_bytes` `[B]` |
    | `reenact_clip_jpeg` | both | `image_bytes` `[B, T]` |
    | `encode_source` | `source`, `source_landmarks` | the code |
    | `drive` | the code, `driving_landmarks` | `image` |

    `source` and `image` are uint8 `[B, S, S, 3]`, landmarks float32 `[B, 68, 2]` (of a
    clip `[B, T, 68, 2]`) in pixels of the S x S crop, `source_bytes` strings `[B]` of
    JPEG or PNG files, `image_bytes` JPEG files, the code float32 tensors.

    `reenact_clip_motion`, `reenact_clip_jpeg_motion` and `drive_motion` give beside the
    image what moved the photo, for frames larger than the model's (`LargeCrop`,
    `PasteBack`): `flow`, float32 `[B, h, w, 2]`, of a clip `[B, T, h, w, 2]`, and where
    the background was filled in, `filled`, uint8 `[B, S, S]`, of a clip
    `[B, T, S, S]`, in files `filled_bytes` `[B, T]`, PNG. See
    `Reenactor.drive_with_fill`; 255 stands for 1.

    The first axis is the batch in every input and output, as a model server that
    batches needs it. The code is large: `encode_source` and `drive` are for callers
    in the same process; over a network, a clip goes through `reenact_clip`.

    Args:
        model: `Reenactor` made by `inference_model`.
        metadata: path of the metadata file, which becomes an asset.
    """

    def __init__(self, model, metadata):
        super().__init__()
        # Not the model itself, which would bring functions of its own along.
        self._weights = [
            variable.value for net in model.generator_nets for variable in net.variables
        ]
        self._metadata = tf.saved_model.Asset(str(metadata))
        self._size = model.image_size
        self._chunk = max(1, _CHUNK_PIXELS // self._size**2)
        # Traced once and called by all signatures: that is most of an export's time,
        # and of a server's when it loads one.
        self._encode, self._drive, self._code = trace_frames(model)
        flow = self._drive.structured_outputs["flow"]
        self._motion_bytes = 4 * self._size**2 + 4 * flow.shape[1:].num_elements()
        # What is only read through a warp, which takes one row for all frames.
        self._shared = {"appearance", "source_fine", "anchor", "lips"}
        if model.warp_theta:
            self._shared |= {
                f"{name}_{i + 1}"
                for name in ("gamma", "beta")
                for i in range(model.num_fusion_blocks)
            }

    def signatures(self):
        """Concrete functions by name."""
        size = self._size
        source = tf.TensorSpec((None, size, size, 3), tf.uint8, "source")
        data = tf.TensorSpec((None,), tf.string, "source_bytes")
        landmarks = tf.TensorSpec((None, 68, 2), tf.float32, "source_landmarks")
        driving = tf.TensorSpec((None, 68, 2), tf.float32, "driving_landmarks")
        clip = tf.TensorSpec((None, None, 68, 2), tf.float32, "driving_landmarks")
        images, files = (source, landmarks), (data, landmarks)
        inputs = {
            "serving_default": (self.reenact, *images, driving),
            "reenact_clip": (self.reenact_clip, *images, clip),
            "reenact_clip_motion": (self.reenact_clip_motion, *images, clip),
            "reenact_jpeg": (self.reenact_jpeg, *files, driving),
            "reenact_clip_jpeg": (self.reenact_clip_jpeg, *files, clip),
            "reenact_clip_jpeg_motion": (self.reenact_clip_jpeg_motion, *files, clip),
            "encode_source": (self.encode_source, *images),
            "drive": (self.drive, driving, *self._code),
            "drive_motion": (self.drive_motion, driving, *self._code),
        }
        return {
            name: tf.function(function, autograph=False).get_concrete_function(
                **{spec.name: spec for spec in specs}
            )
            for name, (function, *specs) in inputs.items()
        }

    def reenact(self, **inputs):
        """One frame for each source."""
        return {"image": self._reenact(**self._accepted(**inputs))}

    def reenact_clip(self, **inputs):
        """T frames for each source, which is encoded once."""
        return self._reenact_clip(_IMAGE, **self._accepted(**inputs))

    def reenact_clip_motion(self, **inputs):
        """`reenact_clip`, and what moved the photo."""
        accepted = self._accepted(self._motion_bytes, **inputs)
        return self._reenact_clip(FRAME_PARTS, **accepted)

    def reenact_jpeg(self, **inputs):
        """`reenact` from files to files."""
        image = self._reenact(**self._decoded(**self._accepted(**inputs)))
        return {"image_bytes": _encode(encode_jpeg, image)}

    def reenact_clip_jpeg(self, **inputs):
        """`reenact_clip` from files to files.

        A frame's file is that of `reenact_jpeg` for it alone, to the bit: coding makes
        several levels of one that is rounded otherwise.
        """
        return self._files(_IMAGE, self._accepted(**inputs))

    def reenact_clip_jpeg_motion(self, **inputs):
        """`reenact_clip_jpeg`, and what moved the photo."""
        return self._files(FRAME_PARTS, self._accepted(self._motion_bytes, **inputs))

    def encode_source(self, **inputs):
        """What depends on the source alone, as a dict of tensors."""
        code = self._encode_source(**self._accepted(**inputs))
        # A name in the code may be an input's too: an output of its own.
        return {name: tf.identity(tensor) for name, tensor in code.items()}

    def drive(self, **inputs):
        """One frame for each code of the batch."""
        return self._drive_code(_IMAGE, **self._accepted(**inputs))

    def drive_motion(self, **inputs):
        """`drive`, and what moved the photo."""
        return self._drive_code(FRAME_PARTS, **self._accepted(**inputs))

    # From here on, inputs have been accepted.

    def _accepted(self, frame_bytes=None, **inputs):
        return accepted_inputs(self._size, frame_bytes, **inputs)

    def _decoded(self, source_bytes, **landmarks):
        image = tf.TensorSpec((self._size, self._size, 3), tf.uint8)
        source = tf.map_fn(
            lambda data: decode_crop(data, self._size),
            source_bytes,
            fn_output_signature=image,
        )
        return {"source": source, **landmarks}

    def _reenact(self, source, source_landmarks, driving_landmarks):
        code = self._encode_source(source, source_landmarks)
        return self._drive_code(_IMAGE, driving_landmarks, **code)["image"]

    def _reenact_clip(
        self, parts, source, source_landmarks, driving_landmarks, side_by_side=True
    ):
        shape = tf.shape(driving_landmarks)[:2]
        flat = tf.reshape(driving_landmarks, (-1, 68, 2))
        encode = self._encode_source if side_by_side else self._encode_each
        code = encode(source, source_landmarks)
        frames = self._frames(parts, code, flat, shape[1], side_by_side)
        return {
            name: _unflatten(value, shape, tuple(value.shape[1:]))
            for name, value in frames.items()
        }

    def _files(self, parts, inputs):
        decoded = self._decoded(**inputs)
        clip = self._reenact_clip(parts, **decoded, side_by_side=False)
        shape, size = tf.shape(clip["image"])[:2], self._size
        images = tf.reshape(clip.pop("image"), (-1, size, size, 3))
        files = {"image_bytes": _encode(encode_jpeg, images)}
        if "filled" in clip:
            shares = tf.reshape(clip.pop("filled"), (-1, size, size, 1))
            files["filled_bytes"] = _encode(tf.io.encode_png, shares)
        return {name: _unflatten(data, shape) for name, data in files.items()} | clip

    def _encode_source(self, source, source_landmarks):
        code = self._encode(from_uint8(source), source_landmarks)
        return {spec.name: code[spec.name] for spec in self._code}

    def _encode_each(self, source, source_landmarks):
        """`_encode_source` of one photo after another: what is summed over a photo of
        a batch is rounded otherwise than over one alone."""

        def alone(photo):
            code = self._encode_source(*(part[None] for part in photo))
            return {name: tensor[0] for name, tensor in code.items()}

        signature = {
            spec.name: tf.TensorSpec(spec.shape[1:], spec.dtype) for spec in self._code
        }
        photos = source, source_landmarks
        return tf.map_fn(alone, photos, fn_output_signature=signature)

    def _drive_code(self, parts, driving_landmarks, **code):
        """dict of those of the parts of frames that are named."""
        frames = self._drive(code, driving_landmarks)
        if "filled" in parts:
            frames["filled"] = to_levels(frames["filled"])
        return {name: frames[name] for name in parts}

    def _frames(self, parts, code, landmarks, frames_per_source, side_by_side):
        """dict of `[B * T, ...]`, a few frames at a time: memory does not grow."""
        count = tf.shape(landmarks)[0]
        size = self._chunk if side_by_side else 1
        chunks = (count + size - 1) // size
        one_source = tf.equal(count, frames_per_source)

        def rows_of(name, rows):
            def gathered():
                return tf.gather(code[name], rows // frames_per_source)

            if name not in self._shared:
                return gathered()
            # Megabytes, which are not copied where there is one source.
            return tf.cond(one_source, lambda: code[name], gathered)

        def chunk(i):
            rows = tf.range(i * size, tf.minimum(count, (i + 1) * size))
            part = {name: rows_of(name, rows) for name in code}
            return self._drive_code(parts, tf.gather(landmarks, rows), **part)

        def body(i, arrays):
            frames = chunk(i)
            return i + 1, {name: arrays[name].write(i, frames[name]) for name in parts}

        outputs = self._drive.structured_outputs
        arrays = {
            name: tf.TensorArray(
                outputs[name].dtype if name == "flow" else tf.uint8,
                size=chunks,
                infer_shape=False,
                element_shape=outputs[name].shape,
            )
            for name in parts
        }
        # Chunks one after another: they would only compete for the same cores.
        _, arrays = tf.while_loop(
            lambda i, _: i < chunks,
            body,
            (0, arrays),
            parallel_iterations=1 if side_by_side else _SINGLE_FRAMES,
        )
        return {name: array.concat() for name, array in arrays.items()}


def _encode(function, images):
    data = tf.TensorSpec((), tf.string)
    return tf.map_fn(function, images, fn_output_signature=data)


def _unflatten(values, shape, rest=()):
    return tf.reshape(values, tf.concat([shape, tf.constant(rest, tf.int32)], 0))
