"""The moving averages of a Reenactor's weights, which inference uses."""

import contextlib

import keras

from aan_keras.models.weight_averages import make_averages, update_averages


class ReenactorAverages:
    """An average for each weight of the generator that training can move.

    Frozen weights have theirs too, which stand still: so pairs and files are the same
    whatever is frozen.
    """

    averages = ()

    def _note_averaged(self):
        """Remembers what averages are of; called before anybody can freeze a net."""
        nets = self.generator_nets
        # A list of variables Keras would track, and count as the model's own.
        self._averaged = frozenset(id(v) for n in nets for v in n.trainable_variables)

    @property
    def average_pairs(self):
        """List of `(weight, average)`; empty where training keeps no averages."""
        if not self.averages:
            return []
        return list(zip(self._averaged_variables(), self.averages, strict=True))

    def _averaged_variables(self):
        nets = self.generator_nets
        return [v for net in nets for v in net.weights if id(v) in self._averaged]

    def inference_weights(self):
        """Scope in which the moving averages stand in for the trained weights."""
        if not self.averages:
            return contextlib.nullcontext()
        pairs = self.average_pairs
        return keras.StatelessScope(state_mapping=[(v, a.value) for v, a in pairs])

    def _make_averages(self):
        self.generator_variables = self._generator_variables()
        self.averages = make_averages(self, self._averaged_variables())

    def _update_averages(self):
        moved = {id(variable) for variable in self.generator_variables}
        pairs = [pair for pair in self.average_pairs if id(pair[0]) in moved]
        if pairs:
            variables, averages = zip(*pairs)
            step = self.optimizer.iterations
            update_averages(averages, variables, step, self.ema_decay)

    def _generator_variables(self):
        return [v for net in self.generator_nets for v in net.trainable_variables]

    def save_own_variables(self, store):
        """Writes the averages: all other variables are of layers."""
        for index, average in enumerate(self.averages):
            store[str(index)] = average

    def load_own_variables(self, store):
        """Reads the averages, also of a model that is not compiled (yet)."""
        if self.compiled and self.ema_decay is None:
            return
        if not self.averages and len(store.keys()):
            self._make_averages()
        if len(store.keys()) != len(self.averages):
            raise ValueError(
                f"The file must have averages of {len(self.averages)} variables (older "
                "versions wrote none of what was frozen). "
                f"Received: {len(store.keys())}"
            )
        for index, average in enumerate(self.averages):
            average.assign(store[str(index)])
