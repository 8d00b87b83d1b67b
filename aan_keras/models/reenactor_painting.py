"""How a code and a frame are made of the nets' outputs."""

from keras import ops

from aan_keras.layers.flow_warp import resize_flow
from aan_keras.layers.lip_change import changed_lips
from aan_keras.layers.runtime_forms import form_of
from aan_keras.layers.square_resize import resize, shrink


class ReenactorPainting:
    """The part of `Reenactor` that encodes a photo and paints a frame.

    The model's attributes: its nets, `warp`, `warp_image`, `region_views`, `paste`, and
    what may be None: `exposure`, `upsampling`, `shading`, `warp_known`, `background`,
    `lip_colour`, `mouth_inside`, `sharpen`. And `anchor` and `residual_around_face`.
    """

    def _encode(self, source, source_landmarks, training):
        code = self._encode_parts(source, source_landmarks, training)
        if self.anchor and not training:
            same = form_of(self.paint)(code, code["source_landmarks"], training)
            code["anchor"] = code["source"] - same["image"]
        return code

    def _encode_parts(self, source, source_landmarks, training):
        landmarks = ops.cast(source_landmarks, "float32")
        code = {"source_landmarks": landmarks}
        if self.mouth_inside is not None and not training:
            code["face_light"] = self.mouth_inside.light(source, landmarks)
        if self.lip_colour is not None and not training:
            lips = self.lip_colour.lips(landmarks)
            gain = self.lip_colour(source, landmarks, lips)
            source = self.lip_colour.even_out(source, lips, gain)
            code |= {"lips": lips, "lip_gain": gain}
        source, level = self._even_out(source, landmarks)
        code["source"] = source
        if level is not None:
            code["level"] = level
        if self.upsampling is not None:
            code["source_fine"] = self.upsampling(source)
        code.update(self._appearance(source, training))
        self._encode_motion(code, source, landmarks, training)
        if self.shading is not None:
            small = shrink(source, self.shading.size)
            code["light"] = self.shading.light(small, landmarks)
        if self.local_net is not None:
            views = self.region_views(landmarks, source)
            if not training:
                views = self.local_net.encode_source(views)
            code |= {f"region_{region}": view for region, view in views.items()}
        return code

    def _even_out(self, source, landmarks):
        """The photo as the nets see it, and its level; None without `exposure`."""
        source = ops.convert_to_tensor(source)
        if self.exposure is None:
            return source, None
        level = self.exposure(source, landmarks)
        return self.exposure.normalize(source, level), level

    def _appearance(self, source, training):
        code = self.appearance_extractor(source, training=training)
        if not training:
            for i in range(1, self.num_fusion_blocks + 1):
                gamma, beta = _split(code.pop(f"theta_{i}"))
                code |= {f"gamma_{i}": gamma, f"beta_{i}": beta}
        return code

    def _drive(self, code, driving_landmarks, training):
        landmarks = ops.cast(driving_landmarks, "float32")
        result = form_of(self.paint)(code, landmarks, training)
        moved = self._known_moved(code, result["flow"])
        if "anchor" in moved:
            known = moved["anchor"]
            # What a closed mouth got wrong says nothing of an open one.
            marks = code["source_landmarks"], landmarks
            changed = changed_lips(*marks, self.image_size)
            result["image"] += known - changed * known
        if self.background is not None and not training:
            result |= self._before_background(code, result, landmarks)
        if self.exposure is not None:
            level = code["level"]
            for name in ("image", "warped"):
                result[name] = self.exposure.restore(result[name], level)
            for region, patch in (result["patches"] or {}).items():
                result["patches"][region] = self.exposure.restore(patch, level)
        if "lips" in moved:
            lips = self.lip_colour.not_inside(moved["lips"], landmarks)
            result |= self._with_their_lips(lips, code["lip_gain"], result, landmarks)
        if self.mouth_inside is not None and not training:
            marks = code["source_landmarks"], landmarks
            light = code["face_light"]
            result["image"] = self.mouth_inside(result["image"], light, *marks)
        if self.sharpen is not None and not training:
            result["image"] = self.sharpen(result["image"])
        return result

    def _known_moved(self, code, flow):
        """What a code knows of its photo's pixels, under the flow."""
        names = [name for name in ("anchor", "lips") if name in code]
        if not names:
            return {}
        # One warp for both: most of what it costs is to find the places.
        maps = ops.concatenate([code[name] for name in names], axis=-1)
        maps, moved, first = self.warp_known(maps, flow), {}, 0
        for name in names:
            last = first + code[name].shape[-1]
            moved[name], first = maps[..., first:last], last
        return moved

    def _before_background(self, code, result, landmarks):
        """Image and flow with a background that stays, and where it was filled in."""
        image, flow = result["image"], result["flow"]
        off_person, off_head = self._off_person(landmarks)
        stays = self._stays(code, result, off_head)
        size = stays.shape[1]
        flow = (1.0 - stays) * resize_flow(flow, size, size)
        image += resize(stays, self.image_size) * (code["source"] - image)
        share = self._left_behind(code["head"], result["head"], off_person)
        image += share * (code["background"] - image)
        return {"image": image, "flow": flow, "filled": share}

    def _with_their_lips(self, lips, gain, result, landmarks):
        """What shows lips, in the photo's colour of them."""
        restored = {
            name: self.lip_colour.restore(result[name], lips, gain)
            for name in ("image", "warped")
        }
        if result["patches"] is not None:
            view = self.region_views.crops["mouth"](lips, landmarks)
            mouth = self.lip_colour.restore(result["patches"]["mouth"], view, gain)
            restored["patches"] = result["patches"] | {"mouth": mouth}
        return restored

    def paint(self, code, landmarks, training=None):
        """A frame before its finish: what the nets make.

        Args:
            code: dict from `encode_source`, batch B.
            landmarks: float32 `[B, 68, 2]`, the driving ones.
            training: as in `call`.

        Returns:
            dict as of `generate`, on the scale of `code["source"]`; of a filled
            background `head` too, `[B, S / 2, S / 2, 1]`: where it is now.
        """
        flow, head = self._estimate_flow(code, landmarks, training)
        pixels = code["source" if self.upsampling is None else "source_fine"]
        warped = self.warp_image(pixels, flow)
        if self.shading is not None:
            marks = code["source_landmarks"], landmarks
            shading = self.shading(code["light"], *marks)
            warped += resize(shading, self.image_size)
        appearance = self.warp(code["appearance"], flow)
        inputs = {"appearance": appearance}
        if self.adaptive_norm == "spade":
            inputs["condition"] = warped if self.warp_theta else code["source"]
        else:
            for i in range(1, self.num_fusion_blocks + 1):
                gamma, beta = self._modulation(code, flow, appearance, i)
                inputs |= {f"gamma_{i}": gamma, f"beta_{i}": beta}
        patches = None
        if self.local_net is None:
            local_image = ops.zeros_like(warped)
        else:
            base = warped if self.output_mode == "residual" else None
            drivings = self.region_views(landmarks, base)
            sources = {region: code[f"region_{region}"] for region in drivings}
            if training:
                patches = self.local_net(sources, drivings, training=True)
            else:
                patches = self.local_net.drive(sources, drivings)
            local_image = self.paste(list(patches.values()), landmarks)
        inputs["local_image"] = local_image
        if self.output_mode == "residual":
            inputs["base"] = warped
        image = ops.cast(self.fusion_net(inputs, training=training), "float32")
        if self.residual_around_face < 1 and not training:
            image = warped + self._residual_share(landmarks) * (image - warped)
        result = {"image": image, "flow": flow, "patches": patches, "warped": warped}
        return result if head is None else result | {"head": head}

    def _residual_share(self, landmarks):
        """float32 `[B, S, S, 1]`: what is kept of what the nets add."""
        face = self._face(landmarks, self.image_size)
        return face + self.residual_around_face * (1.0 - face)

    def _modulation(self, code, flow, appearance, i):
        """Gamma and beta of a fusion block."""
        if f"theta_{i}" in code:
            theta = code[f"theta_{i}"]
            return _split(self.warp(theta, flow) if self.warp_theta else theta)
        pair = code[f"gamma_{i}"], code[f"beta_{i}"]
        return [self.warp(part, flow) for part in pair] if self.warp_theta else pair


def _split(theta):
    """Gamma and beta of a fusion block."""
    # Not sliced: the gradient of a slice writes zeros as large as theta.
    gamma, beta = ops.split(theta, 2, axis=-1)
    return 1.0 + gamma, beta
