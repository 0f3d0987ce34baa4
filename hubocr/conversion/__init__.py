"""From one model format to another: files and graphs in, files out; nothing here runs a network.

Who converts passes in what compares the result with its source (`hubocr.engines.comparison`).

- `hubocr.conversion.to_onnx`: a Paddle program as an ONNX file, once, cached;
- `hubocr.conversion.to_paddle`: an ONNX file as a Paddle program;
- `hubocr.conversion.quantize`: a network in fp32 as one in int8;
- `hubocr.conversion.onnx_graph`: what an ONNX file declares and computes, and a further output;
- `hubocr.conversion.equality`: whether two ways of running a network give the same;
- `hubocr.conversion.process`: converters in a process of their own.
"""
