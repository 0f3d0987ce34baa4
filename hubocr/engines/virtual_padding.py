"""Lines at their own width that are read as if they were padded: a rewrite of OpenVINO networks.

PP-OCR's recognisers were trained on lines padded to at least 320 pixels and read narrower ones
differently. Nearly all operations of these networks look at a neighbourhood; only pooled values of
squeeze-and-excite blocks and the attention see the whole line, padding included. Columns of padding
that lie far from the text are all alike, so one of them can stand for those that are left out. With
``share`` the width that is there by the width of the padded line, and ``back`` steps from the right
border the column that is like the others:

- a mean over height and width becomes ``share * mean(what is there) + (1 - share) * mean(column)``;
- the attention's scores for that column get ``log(1 + columns left out)`` before the softmax, so
  that its token weighs as much as all that it stands for.

The share is computed from the input's width inside the network; a line as wide as the padded one or
wider is left as it is. Between the text and the right border there has to be a margin as wide as
the network's receptive field: `MARGIN`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

WIDTH_KEY = "virtual_width"
"""Key in a loaded network's metadata: the width to which its lines are padded in effect."""

TRAINED_WIDTH = 320
"""Least width in pixels of the lines that PP-OCRv3 to v6 were trained on."""

MARGIN = 96
"""Pixels of padding that are computed; how many lines are read as padded with how much is in
benchmarks/RESULTS.md, "Virtual padding"."""

_BACK = 48
"""Pixels from the right border to the column that stands for the others, half of the margin: nearer
ones see the border of the convolutions, farther ones the text."""

_SPATIAL = ([2, 3], [-2, -1])


def pad_virtually(network: Any, width: int) -> bool:
    """Change a recogniser so that narrow lines are read as if padded to ``width`` pixels.

    Args:
        network: An ``openvino.Model`` with an input (N, 3, height, width); changed in place.
        width: Width of a padded line in pixels.

    Returns:
        Whether the network has the operations that are known to see the padding, and was changed.
        A network with a fixed width is left as it is.
    """
    if not network.input(0).get_partial_shape()[3].is_dynamic:
        return False
    means = [node for node in network.get_ops() if _is_spatial_mean(node)]
    attentions = [node for node in network.get_ops() if _is_attention(node)]
    if not means or not attentions:
        return False
    image = network.input(0).get_node().output(0)
    padding = _Padding(image, width)
    for node in means:
        _weigh_mean(node, padding)
    for node in attentions:
        _weigh_attention(node, padding)
    network.validate_nodes_and_infer_types()
    return True


def _is_spatial_mean(node: Any) -> bool:
    if node.get_type_name() != "ReduceMean" or len(node.input(0).get_partial_shape()) != 4:
        return False
    axes = node.input_value(1).get_node()
    return axes.get_type_name() == "Constant" and sorted(axes.data.tolist()) in _SPATIAL


def _is_attention(node: Any) -> bool:
    """Say whether a node is the softmax over the scores of all steps, (N, heads, steps, steps)."""
    return (
        node.get_type_name() == "Softmax"
        and len(node.input(0).get_partial_shape()) == 4
        and node.get_attributes().get("axis") in (3, -1)
    )


class _Padding:
    """Values inside the network that depend on the width of its input.

    Args:
        image: The input.
        width: Width of a padded line in pixels.
    """

    def __init__(self, image: Any, width: int) -> None:
        import openvino.opset13 as ops

        self._own = _size(image)
        share = ops.divide(ops.convert(self._own, "f32"), np.float32(width))
        self.share = ops.minimum(share, np.float32(1))

    def place(self, steps: Any) -> Any:
        """Return the index of the column that stands for the others, of so many columns."""
        import openvino.opset13 as ops

        back = ops.divide(ops.multiply(steps, _integers(_BACK)), self._own)
        return ops.subtract(ops.subtract(steps, _integers(1)), back)


def _size(tensor: Any) -> Any:
    """Return the size of a tensor (N, C, H, W) along its last axis, a scalar."""
    import openvino.opset13 as ops

    return ops.gather(ops.shape_of(tensor), _integers(3), _integers(0))


def _weigh_mean(node: Any, padding: _Padding) -> None:
    import openvino.opset13 as ops

    readers = list(node.output(0).get_target_inputs())
    source = node.input_value(0)
    column = ops.gather(source, padding.place(_size(source)), _integers(3))  # (N, C, H)
    rest = ops.unsqueeze(ops.reduce_mean(column, _integers([2]), keep_dims=True), _integers(3))
    if not node.get_attributes().get("keep_dims", True):
        rest = ops.squeeze(rest, _integers([2, 3]))
    left_out = ops.subtract(np.float32(1), padding.share)
    weighed = ops.add(ops.multiply(node.output(0), padding.share), ops.multiply(rest, left_out))
    for reader in readers:
        reader.replace_source_output(weighed.output(0))


def _weigh_attention(node: Any, padding: _Padding) -> None:
    import openvino.opset13 as ops

    scores = node.input_value(0)
    steps = _size(scores)
    everywhere = ops.range(_integers(0), steps, _integers(1), "i64")
    is_column = ops.convert(ops.equal(everywhere, padding.place(steps)), "f32")
    there = ops.convert(steps, "f32")
    left_out = ops.subtract(ops.divide(there, padding.share), there)
    weight = ops.log(ops.add(left_out, np.float32(1)))
    weighed = ops.add(scores, ops.multiply(is_column, weight))
    node.input(0).replace_source_output(weighed.output(0))


def _integers(values: Any) -> Any:
    import openvino.opset13 as ops

    return ops.constant(np.array(values, np.int64))
