"""Teaching a small recogniser what a large one reads, without labels.

The teacher's probabilities are the targets (Hinton, Vinyals and Dean, Distilling the Knowledge in a
Neural Network, 2015), on synthetic lines and on pictures of text that nobody has labelled. The same
run makes an int8 network that reads like its own fp32 (see `hubocr.training.int8`).
"""
