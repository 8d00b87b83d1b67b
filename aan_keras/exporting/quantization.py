"""Smaller and faster convolutions in a TFLite model."""

import contextlib
import importlib.util
import io

from aan_keras.exporting.calibration import calibration_inputs
from aan_keras.faces.input_error import InputError

QUANTIZATIONS = (None, "float16", "dynamic", "int8")
# Outputs of the flow estimator and of theta's heads are displacements and modulations,
# whose ranges one extreme pose stretches; 8 bits of such a range cost 5 to 15 dB. What
# comes after the last normalization is seen as it is, colours too: 3.5 dB (measured on
# `aan_128`).
_FLOAT_UNDER_INT8 = ".*(hourglass|source_stem|head|fusion_{last}|residual).*"


def quantize(content, quantization, image_size, last_block=4, data=None, report=None):
    """Quantizes the convolutions of a float32 TFLite model, and nothing else.

    Under `"int8"` the flow estimator, the heads, and the fusion net from its last
    fusion block on stay float32 too.

    TensorFlow's own converter quantizes whatever it can, coordinates too: sampling
    positions in float16 already read outside of the image.

    Args:
        content: bytes of the model.
        quantization: `"float16"`, `"dynamic"` or `"int8"`; see `export_tflite`.
        image_size: side S of the model's crops.
        last_block: number of the last fusion block.
        data: see `export_tflite`.
        report: callable that takes a line of text.

    Returns:
        The quantized model's bytes.
    """
    if importlib.util.find_spec("ai_edge_quantizer") is None:
        raise InputError(
            "quantization needs the package ai-edge-quantizer: install "
            "aan_keras[litert], or export without quantization"
        )
    inputs = None
    if quantization == "int8":
        inputs = calibration_inputs(content, image_size, data, report)
    # Progress bars and a table of sizes, which no setting turns off.
    noise = io.StringIO()
    with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
        return _quantize(content, quantization, inputs, last_block)


def _quantize(content, quantization, inputs, last_block):
    from ai_edge_quantizer import algorithm_manager, qtyping, quantizer

    convolutions = {
        "regex": ".*",
        "operation_name": qtyping.TFLOperationName.CONV_2D,
    }
    tool = quantizer.Quantizer(bytearray(content))
    if quantization == "float16":
        half = qtyping.TensorQuantizationConfig(
            num_bits=16, dtype=qtyping.TensorDataType.FLOAT
        )
        tool.update_quantization_recipe(
            **convolutions,
            algorithm_key=algorithm_manager.AlgorithmName.FLOAT_CASTING,
            op_config=qtyping.OpQuantizationConfig(
                weight_tensor_config=half,
                compute_precision=qtyping.ComputePrecision.FLOAT,
                explicit_dequantize=True,
            ),
        )
    elif quantization == "dynamic":
        tool.add_dynamic_config(**convolutions, num_bits=8)
    else:
        tool.add_static_config(**convolutions, activation_num_bits=8, weight_num_bits=8)
        tool.update_quantization_recipe(
            **{**convolutions, "regex": _FLOAT_UNDER_INT8.format(last=last_block)},
            algorithm_key=algorithm_manager.AlgorithmName.NO_QUANTIZE,
        )
    ranges = tool.calibrate(inputs, num_threads=1) if inputs else None
    return bytes(tool.quantize(ranges).quantized_model)
