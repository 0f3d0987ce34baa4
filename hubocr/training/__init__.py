"""Fine-tuning a released CTC recogniser on the user's own images.

PyTorch and ONNX are the extra ``hubocr[train]``; importing this package loads neither.
"""
