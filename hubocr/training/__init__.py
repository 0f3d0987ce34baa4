"""Training models on the user's own images, from released weights or from nothing.

The bones are common to all kinds of model: `hubocr.training.run` (a prepared run, and publishing
what it has learnt), `hubocr.training.loop`, checkpoints, schedules, and in ``graph/`` the
inference graph as a network with gradients. ``recogniser/``, ``detector/`` and ``classifier/`` have
what one kind adds.

PyTorch and ONNX are the extra ``hubocr[train]``; importing this package loads neither.
"""
