"""Recognisers with 8-bit weights and activations that were trained to bear it.

While it learns, the network rounds as its int8 form will (Jacob et al., Quantization and Training
of Neural Networks for Efficient Integer-Arithmetic-Only Inference, 2017), and the ranges of
activations are learnt with the weights (Esser et al., Learned Step Size Quantization, 2020; Bhalgat
et al., LSQ+, 2020). What is exported is an ONNX file of QuantizeLinear and DequantizeLinear pairs,
which OpenVINO and ONNX Runtime run in int8.
"""
