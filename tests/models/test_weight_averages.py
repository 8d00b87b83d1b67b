import keras
import numpy as np

from aan_keras.models.weight_averages import make_averages, update_averages


def test_start_at_the_weights_and_follow_the_formula():
    model = keras.Model()
    variables = [keras.Variable(np.arange(n, dtype="float32")) for n in (2, 3)]
    averages = make_averages(model, variables)
    assert [v.name for v in model.non_trainable_variables] == ["average_0", "average_1"]
    expected = [np.arange(n, dtype="float64") for n in (2, 3)]
    for step, decay in [(1, 2 / 11), (2, 3 / 12), (30, 0.5)]:  # warm-up, then 0.5
        for variable, value in zip(variables, expected):
            variable.assign(variable + 1.0)
            value *= decay
            value += (1 - decay) * keras.ops.convert_to_numpy(variable)
        update_averages(averages, variables, step, 0.5)
    for average, value in zip(averages, expected):
        found = keras.ops.convert_to_numpy(average)
        np.testing.assert_allclose(found, value, rtol=1e-6)
